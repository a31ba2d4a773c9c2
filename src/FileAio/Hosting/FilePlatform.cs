using FileAio.Interop;

namespace FileAio.Hosting;

/// <summary>Describes whether this system is supported. Tests replace it by a service of this type.</summary>
/// <param name="Unsupported">The reason why the system is not supported; null if it is.</param>
internal sealed record FilePlatform(string? Unsupported)
{
    public static FilePlatform Current { get; } = new(Platform.IsSupported ? null
        : $"it needs {Platform.Needed}, and this is {Platform.Found}");
}
