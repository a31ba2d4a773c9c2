using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>
/// The memory of an openat2(2) and a statx(2) that complete later: the path, struct open_how and struct statx. It is native, so that it
/// stays in place. Not freed while the kernel uses it.
/// </summary>
internal sealed unsafe class OpenArguments : IDisposable
{
    private byte* _memory;

    /// <param name="path">The path, with its terminating NUL.</param>
    /// <param name="flags">The O_ flags.</param>
    /// <param name="resolve">The RESOLVE_ flags.</param>
    public OpenArguments(ReadOnlySpan<byte> path, int flags, ulong resolve)
    {
        // SAFETY: freed by Dispose, which the owner calls after the last completion.
        _memory = (byte*)NativeMemory.AllocZeroed((nuint)(sizeof(statx) + sizeof(Libc.open_how) + path.Length));
        *How = new Libc.open_how { flags = (ulong)flags, resolve = resolve };
        path.CopyTo(new Span<byte>(Path, path.Length));
        Length = path.Length;
    }

    public statx* Facts => (statx*)_memory;

    public Libc.open_how* How => (Libc.open_how*)(_memory + sizeof(statx));

    public byte* Path => _memory + sizeof(statx) + sizeof(Libc.open_how);

    /// <summary>The terminating NUL of the path.</summary>
    public byte* EmptyPath => Path + Length - 1;

    private int Length { get; }

    /// <summary>Reads what statx has written.</summary>
    public statx ReadFacts() => *Facts;

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }
}
