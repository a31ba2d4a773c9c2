namespace Transport.Core.Readiness;

/// <summary>A watched socket, as its <see cref="ReadinessLoop"/> calls it. Loop thread only.</summary>
internal interface IReadinessSocket
{
    /// <summary>The poller reports the socket. A hint: it may be spurious.</summary>
    void OnReady(Readiness readiness);

    /// <summary>Goes on where the last iteration's budget ended.</summary>
    void Continue();

    /// <summary>The loop ends: closes the descriptor. Pending operations end with −ECANCELED.</summary>
    void Close();
}
