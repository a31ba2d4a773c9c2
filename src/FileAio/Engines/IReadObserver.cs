namespace FileAio.Engines;

/// <summary>Is told the result of a read before the response that has started the read continues.</summary>
internal interface IReadObserver
{
    /// <summary>Called once, on the thread that delivers the completion. Must not block.</summary>
    void OnCompleted(SysResult result);
}
