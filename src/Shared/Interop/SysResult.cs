using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Shared.Interop;

/// <summary>
/// Represents the result of a system call: 0 or more is success (a count, a descriptor), less than 0 is −errno. This is the convention of
/// the kernel and of io_uring.
/// </summary>
internal readonly record struct SysResult(nint Value)
{
    /// <summary>The result of an operation on a closed socket.</summary>
    public static SysResult Canceled => Error(Interop.Errno.ECANCELED);

    public bool IsError => Value < 0;

    public bool WouldBlock => Value == -Interop.Errno.EAGAIN;

    /// <summary>The errno of a failed call; 0 after a success.</summary>
    public int Errno => Value < 0 ? (int)-Value : 0;

    public static SysResult Error(int errno) => new(-errno);

    /// <summary>Combines libc's −1 and errno into one value. Must be called directly after the call.</summary>
    /// <remarks>
    /// The runtime preserves errno across the return from native code. So this reads the same value as a SetLastError stub, without the two
    /// thread-static writes that such a stub adds to every successful call.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SysResult From(nint returned) => new(returned >= 0 ? returned : -Marshal.GetLastSystemError());

    /// <summary>Throws if the call failed. For set-up code only.</summary>
    /// <exception cref="IOException">The call failed; the message starts with its name.</exception>
    public nint ThrowIfError(string call) => IsError ? throw ToException(call) : Value;

    /// <summary>Creates an exception whose message starts with the name of the call.</summary>
    public IOException ToException(string call) => new($"{call} failed: {new Win32Exception(Errno).Message} (errno {Errno})");

    /// <summary>Returns the error's text and number, for log messages.</summary>
    public string Describe() =>
        IsError ? $"{Marshal.GetPInvokeErrorMessage(Errno)} ({Errno})" : Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public override string ToString() => IsError ? $"errno {Errno}" : Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
