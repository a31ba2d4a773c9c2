using System.Runtime.InteropServices;

namespace Shared.Interop;

/// <summary>struct iovec (sys/uio.h): one part of a gathered send or a scattered read.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct iovec
{
    public void* iov_base;
    public nuint iov_len;
}
