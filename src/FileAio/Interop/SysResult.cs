using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>What a system call answered: a value ≥ 0, or −errno.</summary>
internal readonly record struct SysResult(long Value)
{
    public bool IsError => Value < 0;

    public int Errno => (int)-Value;

    public static SysResult Error(int errno) => new(-errno);

    /// <summary>Reads errno at once: nothing may run between the call and this.</summary>
    public static SysResult From(long returned) => returned >= 0 ? new(returned) : new(-Marshal.GetLastSystemError());

    public long ThrowIfError(string call) =>
        IsError ? throw new IOException($"{call}: {Describe()}", Errno) : Value;

    public string Describe() => IsError ? $"{Marshal.GetPInvokeErrorMessage(Errno)} ({Errno})" : Value.ToString();
}
