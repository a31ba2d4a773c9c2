using System.Runtime.InteropServices;
using FileAio.Interop;

namespace FileAio.Engines;

/// <summary>
/// The kernel's blocks of the reads in flight, and which read is whose: the block's number travels as aio_data. Under the engine's lock,
/// but for Submit.
/// </summary>
internal sealed unsafe class IocbTable : IDisposable
{
    /// <summary>Blocks a system call: a plug of the block layer holds 32 requests, two of them are enough. A guess.</summary>
    public const int Batch = 64;

    private readonly Libc.iocb* _blocks;
    private readonly FileRead?[] _reads;
    private readonly Stack<int> _free;

    private readonly uint _bell;

    /// <param name="capacity">Blocks.</param>
    /// <param name="bell">The eventfd that their completions ring.</param>
    public IocbTable(int capacity, int bell)
    {
        _bell = (uint)bell;
        _blocks = (Libc.iocb*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(Libc.iocb));
        _reads = new FileRead?[capacity];
        _free = new Stack<int>(Enumerable.Range(0, capacity));
    }

    public int Capacity => _reads.Length;

    public int InFlight => _reads.Length - _free.Count;

    public bool HasRoom => _free.Count > 0;

    public int Prepare(FileRead read)
    {
        int slot = _free.Pop();
        _reads[slot] = read;
        read.Slot = slot;
        _blocks[slot] = new Libc.iocb
        {
            aio_data = (ulong)slot,
            aio_lio_opcode = Libc.IOCB_CMD_PREAD,
            aio_fildes = (uint)read.Descriptor,
            aio_buf = (ulong)read.Buffer,
            aio_nbytes = (ulong)read.Length,
            aio_offset = read.Offset,
            aio_flags = Libc.IOCB_FLAG_RESFD,
            aio_resfd = _bell,
        };
        return slot;
    }

    public FileRead Release(int slot)
    {
        FileRead read = _reads[slot]!;
        _reads[slot] = null;
        read.Slot = -1;
        _free.Push(slot);
        return read;
    }

    public SysResult Submit(nint context, ReadOnlySpan<int> slots)
    {
        // SAFETY: the blocks are native memory of this table; the kernel copies them within the call.
        Libc.iocb** pointers = stackalloc Libc.iocb*[slots.Length];
        for (int i = 0; i < slots.Length; i++)
        {
            pointers[i] = &_blocks[slots[i]];
        }

        return Libc.IoSubmit(context, slots.Length, pointers);
    }

    public void Cancel(nint context, int slot) => Libc.IoCancel(context, &_blocks[slot], out _);

    public void Dispose() => NativeMemory.Free(_blocks);
}
