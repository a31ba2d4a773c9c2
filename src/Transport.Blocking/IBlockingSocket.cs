namespace Transport.Blocking;

/// <summary>A listener or connection, as its <see cref="CallThread"/>s and its loop see it.</summary>
internal interface IBlockingSocket
{
    bool IsClosed { get; }

    /// <summary>A call's result, as its awaiter is to see it: counted, or discarded since the socket is closed. Loop thread.</summary>
    SysResult Ended(CallThread thread, SysResult result);

    /// <summary>The loop has ended: closes, waits for the threads, and ends whatever still waits for them. Loop thread.</summary>
    void End();
}
