using System.Buffers;
using FileAio.Engines;

namespace FileAio.Buffers;

/// <summary>Page-aligned native memory for one read at a time, with the read that fills it.</summary>
internal sealed unsafe class AlignedBuffer(nint address, int size) : MemoryManager<byte>
{
    public nint Address => address;

    public int Size => size;

    public FileRead Read { get; } = new();

    public override Span<byte> GetSpan() => new((void*)address, size); // SAFETY: mapped until the pool drops the buffer, which it does to free ones only

    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)address + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
