using System.Runtime.InteropServices;

namespace Transport.Tests.Interop;

/// <summary>The real user ID of a thread, by which the kernel counts queued signals. libc's wrapper would change all threads.</summary>
internal static partial class ThreadUser
{
    /// <summary>Above the IDs that distributions assign, and below 2³¹.</summary>
    private const uint FirstUser = 0x70000000;

    private static readonly nint SYS_setresuid = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 147 : 117;

    /// <summary>
    /// Gives the calling thread, until its end, a real user ID that no other process has. Its permissions depend on the effective one,
    /// which remains.
    /// </summary>
    /// <returns>False if the thread lacks CAP_SETUID, or the ID is not mapped in its user namespace.</returns>
    public static bool TryTakeUnused() => syscall_setresuid(SYS_setresuid, (nint)(FirstUser + (uint)Environment.ProcessId), -1, -1) == 0;

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint syscall_setresuid(nint number, nint ruid, nint euid, nint suid);
}
