using System.Runtime.InteropServices;

namespace Transport.Tests.Interop;

/// <summary>sys/resource.h, as far as tests lower limits.</summary>
internal static unsafe partial class ResourceLimits
{
    public const int RLIMIT_SIGPENDING = 11;
    public const int RLIMIT_MEMLOCK = 8;

    [LibraryImport("libc")]
    internal static partial int getrlimit(int resource, nuint* limit);

    [LibraryImport("libc")]
    internal static partial int setrlimit(int resource, nuint* limit);
}
