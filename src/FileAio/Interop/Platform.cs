using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>
/// Describes the systems that are supported. System call numbers, O_ flags and struct layouts are those of x86-64 and arm64, and differ on
/// other processors.
/// </summary>
internal static class Platform
{
    public const string Needed = "Linux on x64 or arm64";

    /// <summary>The current system.</summary>
    public static string Found => $"{RuntimeInformation.OSDescription} on {RuntimeInformation.ProcessArchitecture}";

    public static bool IsSupported => Supports(OperatingSystem.IsLinux(), RuntimeInformation.ProcessArchitecture);

    public static bool Supports(bool linux, Architecture architecture) => linux && architecture is Architecture.X64 or Architecture.Arm64;
}
