using FileAio.Interop;

namespace FileAio.Hosting;

/// <summary>Whether this system has what files are served by here. A service of this type takes its place in tests.</summary>
/// <param name="Unsupported">Why it has not; null where it has.</param>
internal sealed record FilePlatform(string? Unsupported)
{
    public static FilePlatform Current { get; } = new(Platform.IsSupported ? null : $"it needs {Platform.Needed}, and this is {Platform.Found}");
}
