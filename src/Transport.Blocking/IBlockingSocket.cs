namespace Transport.Blocking;

/// <summary>A listener or connection of the blocking model, as its <see cref="CallThread"/>s and its loop use it.</summary>
internal interface IBlockingSocket
{
    bool IsClosed { get; }

    /// <summary>Converts a call's result for its awaiter: counts it, or discards it if the socket is closed. Loop thread.</summary>
    SysResult Ended(CallThread thread, SysResult result);

    /// <summary>Closes when the loop has ended: waits for the threads, and completes pending operations. Loop thread.</summary>
    void End();
}
