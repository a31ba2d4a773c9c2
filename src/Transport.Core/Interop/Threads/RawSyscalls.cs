using System.Runtime.InteropServices;

namespace Transport.Core.Interop.Threads;

/// <summary>
/// System calls without a wrapper in libc (futex), or with one only since a recent version (gettid: glibc 2.30, preadv2: musl
/// 1.2.5). They are called by number. Numbers differ between architectures, so they are used on x64 and arm64 only; callers
/// have a managed path for the others.
/// </summary>
internal static class RawSyscalls
{
    /// <summary>Whether the numbers below are those of this process's architecture.</summary>
    public static readonly bool AreSupported = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    private static readonly bool s_isArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static readonly nint SYS_futex = s_isArm64 ? 98 : 202;

    public static readonly nint SYS_gettid = s_isArm64 ? 178 : 186;

    public static readonly nint SYS_preadv2 = s_isArm64 ? 286 : 327;
}
