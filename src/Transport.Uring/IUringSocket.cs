using Transport.Uring.Rings;

namespace Transport.Uring;

/// <summary>A socket of a <see cref="UringLoop"/>, as the loop uses it. Loop thread.</summary>
internal interface IUringSocket
{
    /// <summary>Whether the kernel has not completed the operation yet.</summary>
    bool IsInFlight(OperationKind kind);

    /// <summary>Whether the operation has been cancelled and has not completed yet.</summary>
    bool IsCanceling(OperationKind kind);

    /// <summary>Handles the completion of an operation.</summary>
    /// <param name="kind">The operation.</param>
    /// <param name="result">A count, or −errno.</param>
    /// <param name="flags">IORING_CQE_F_*.</param>
    void OnCompletion(OperationKind kind, int result, uint flags);

    /// <summary>Cancels operations in flight; the descriptor is closed when all of them have completed.</summary>
    void Close();

    /// <summary>The ring is lost: shuts the connection down, so that the kernel no longer reads its memory.</summary>
    void ShutDown();
}
