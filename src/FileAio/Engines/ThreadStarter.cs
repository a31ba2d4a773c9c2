namespace FileAio.Engines;

/// <summary>Starts a thread of an engine; null where the system refuses one. <see cref="EngineThread.TryStart"/>, or a test's.</summary>
internal delegate Thread? ThreadStarter(string name, Action run);
