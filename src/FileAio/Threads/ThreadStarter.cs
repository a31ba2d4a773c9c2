namespace FileAio.Threads;

/// <summary>
/// Starts an engine thread. Returns null if the system refuses one. The default is <see cref="EngineThread.TryStart(string, Action)"/>;
/// tests replace it.
/// </summary>
internal delegate Thread? ThreadStarter(string name, Action run);
