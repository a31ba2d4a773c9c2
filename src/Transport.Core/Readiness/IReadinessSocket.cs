namespace Transport.Core.Readiness;

/// <summary>A registered socket, as its <see cref="ReadinessLoop"/> calls it. Loop thread only.</summary>
internal interface IReadinessSocket
{
    /// <summary>The key of its events, as the loop's <see cref="SocketTable"/> has set it.</summary>
    int Key { get; set; }

    /// <summary>Handles an event of the socket. It may be spurious.</summary>
    void OnReady(Readiness readiness);

    /// <summary>Continues after the last iteration's budget was used up.</summary>
    void Continue();

    /// <summary>Closes the descriptor when the loop ends. Pending operations complete with −ECANCELED.</summary>
    void Close();
}
