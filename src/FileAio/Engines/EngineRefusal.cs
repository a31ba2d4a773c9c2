namespace FileAio.Engines;

/// <summary>Why an engine cannot be created: the failed call and its error.</summary>
internal readonly record struct EngineRefusal(string Call, SysResult Result)
{
    public string Reason => $"{Call}: {Result.Describe()}";
}
