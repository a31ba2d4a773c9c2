namespace FileAio.Engines;

/// <summary>Why an engine cannot be set up: the call that failed, and how.</summary>
internal readonly record struct EngineRefusal(string Call, SysResult Result)
{
    public string Reason => $"{Call}: {Result.Describe()}";
}
