namespace Transport.Uring;

/// <summary>A socket of a <see cref="UringLoop"/>, as the loop sees it. Loop thread.</summary>
internal interface IUringSocket
{
    /// <summary>The kernel has not completed the operation yet.</summary>
    bool IsInFlight(OperationKind kind);

    /// <summary>An operation has ended.</summary>
    /// <param name="kind">Which one.</param>
    /// <param name="result">A count, or −errno.</param>
    /// <param name="flags">IORING_CQE_F_*.</param>
    void OnCompletion(OperationKind kind, int result, uint flags);

    /// <summary>Cancels what is in flight; the descriptor is closed when all of it has completed.</summary>
    void Close();

    /// <summary>The ring is lost: shuts the connection, so that the kernel does not read its memory any more.</summary>
    void ShutDown();
}
