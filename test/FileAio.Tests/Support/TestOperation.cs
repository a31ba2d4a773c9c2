using System.Runtime.InteropServices;
using FileAio.Engines.Uring;
using FileAio.Interop;
using Microsoft.Win32.SafeHandles;
using static Shared.Uring.Interop.IoUring;

namespace FileAio.Tests.Support;

/// <summary>An operation on a ring that consists of one system call.</summary>
internal sealed class TestOperation : IRingOperation
{
    private readonly io_uring_sqe _sqe;

    public TestOperation(io_uring_sqe sqe) => (_sqe, Node) = (sqe, new LinkedListNode<IRingOperation>(this));

    /// <summary>Where the operation reads to. Not moved by the garbage collector.</summary>
    public byte[] Buffer { get; private init; } = [];

    public SysResult? Result { get; private set; }

    /// <summary>How often it has completed.</summary>
    public int Completions { get; private set; }

    public int Slot { get; set; } = -1;

    public bool IsOpen { get; private init; }

    public LinkedListNode<IRingOperation> Node { get; }

    public static TestOperation Read(TestEvent source, bool isOpen, uint flags = 0) =>
        Read(source.Descriptor, sizeof(ulong), 0, isOpen, flags);

    public static TestOperation ReadFile(SafeFileHandle file, long offset) => Read((int)file.DangerousGetHandle(), 4096, offset, false, 0);

    public void Complete(SysResult result)
    {
        Completions++;
        Result = result;
    }

    public io_uring_sqe Prepare() => _sqe;

    public bool Continue(SysResult result) => false;

    private static TestOperation Read(int descriptor, int length, long offset, bool isOpen, uint flags)
    {
        byte[] buffer = GC.AllocateArray<byte>(length, pinned: true);
        io_uring_sqe sqe = FileSqe.Read(descriptor, Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0), length, offset);
        sqe.msg_flags = flags; // rw_flags has the same place
        return new TestOperation(sqe) { Buffer = buffer, IsOpen = isOpen };
    }
}
