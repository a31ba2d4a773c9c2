using System.Runtime.InteropServices;
using FileAio.Interop;

namespace FileAio.Engines.KernelAio;

/// <summary>
/// The kernel's control blocks of the reads in flight. The number of a block is its aio_data, which identifies the read. Requires the
/// engine's lock, except for Submit.
/// </summary>
internal sealed unsafe class IocbTable : IDisposable
{
    /// <summary>
    /// The number of blocks per system call: a plug of the block layer holds 32 requests, and two of them are enough. A guess.
    /// </summary>
    public const int Batch = 64;

    private readonly Libc.iocb* _blocks;
    private readonly FileRead?[] _reads;
    private readonly Stack<int> _free;

    private readonly uint _eventFd;

    /// <param name="capacity">The number of blocks.</param>
    /// <param name="eventFd">The eventfd that completions signal.</param>
    public IocbTable(int capacity, int eventFd)
    {
        _eventFd = (uint)eventFd;
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
            aio_resfd = _eventFd,
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
        // SAFETY: the blocks are native memory of this table; the kernel copies them during the call.
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
