using System.Buffers;
using FileAio.Engines;

namespace FileAio.Buffers;

/// <summary>Page-aligned native memory for one read at a time, with the read that fills it.</summary>
internal sealed unsafe class AlignedBuffer(nint address, int size) : MemoryManager<byte>
{
    public nint Address => address;

    public int Size => size;

    public FileRead Read { get; } = new();

    // SAFETY: mapped until the pool unmaps the buffer, which it does only while it is free
    public override Span<byte> GetSpan() => new((void*)address, size);

    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)address + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
