using System.Runtime.InteropServices;
using FileAio.Files;
using FileAio.Interop;
using static Shared.Uring.Interop.IoUring;

namespace FileAio.Engines.Uring;

/// <summary>
/// Determines whether io_uring is available for files, by using it once: a ring as the engine makes it, and an open, a statx and a read of
/// the program's own file. It does not test the kernel's version.
/// </summary>
internal static class UringProbe
{
    private const int Length = 64;
    private const byte ElfMagic = 0x7f; // the first byte of a program

    /// <summary>The maximum number of waits for one operation. An estimate: each completes in the first.</summary>
    private const int MaxWaits = 500;

    private const int WaitMilliseconds = 10;

    /// <returns>The reason why it is not available; null if it is.</returns>
    public static string? Run(UringSetup setup)
    {
        SysResult eventFd = EventFd.Create(EventFd.EFD_NONBLOCK);
        if (eventFd.IsError)
        {
            return "eventfd: " + eventFd.Describe();
        }

        try
        {
            return Try(setup, (int)eventFd.Value);
        }
        catch (IOException refused)
        {
            return refused.Message;
        }
        finally
        {
            Unistd.Close((int)eventFd.Value);
        }
    }

    /// <summary>Returns what a reason usually means, as a sentence.</summary>
    public static string Hint(string reason) => reason.Contains($"(errno {Errno.EPERM})", StringComparison.Ordinal)
        || reason.Contains($"(errno {Errno.ENOSYS})", StringComparison.Ordinal)
        ? "The sysctl kernel.io_uring_disabled or the container's seccomp profile may forbid it."
        : "";

    private static string? Try(UringSetup setup, int eventFd)
    {
        if (!setup.TryCreateRing(eventFd, out FileRing? ring, out string refusal))
        {
            return refusal;
        }

        // What the kernel has accepted may still complete: its memory is then not freed, nor is the ring closed.
        OpenArguments arguments = new("/proc/self/exe\0"u8, Libc.O_RDONLY | Fcntl.O_CLOEXEC, 0);
        nint memory = Marshal.AllocHGlobal(Length);
        Operation operation = new(arguments, memory);
        if (Wait(ring, operation) is not { } result)
        {
            return $"{operation.Call} did not complete";
        }

        ring.Dispose();
        byte first = Marshal.ReadByte(memory);
        Marshal.FreeHGlobal(memory);
        FileFacts facts = FileFacts.From(arguments.ReadFacts());
        arguments.Dispose();
        if (operation.Descriptor >= 0)
        {
            Unistd.Close(operation.Descriptor);
        }

        result.ThrowIfError(operation.Call);
        return !facts.IsRegular || result.Value != Length || first != ElfMagic
            ? $"{operation.Call} returned other data than the file's"
            : null;
    }

    private static SysResult? Wait(FileRing ring, Operation operation)
    {
        SysResult? ended = null;
        lock (ring.Gate)
        {
            ring.TryAdd(operation);
        }

        for (int waits = 0; waits < MaxWaits && ended is null; waits++)
        {
            ring.Submit((_, reason) =>
            {
                operation.Call = "io_uring_enter";
                ended = reason;
            });
            if (ring.Reap(1, (_, result) => ended = result) == 0 && waits > 0)
            {
                Thread.Sleep(WaitMilliseconds);
            }
        }

        return ended;
    }

    /// <summary>Opens, then calls statx, then reads.</summary>
    private sealed class Operation : IRingOperation
    {
        private readonly OpenArguments _arguments;
        private readonly nint _buffer;

        public Operation(OpenArguments arguments, nint buffer)
        {
            (_arguments, _buffer) = (arguments, buffer);
            Node = new LinkedListNode<IRingOperation>(this);
        }

        public int Slot { get; set; } = -1;

        public bool IsOpen => true;

        public LinkedListNode<IRingOperation> Node { get; }

        public string Call { get; set; } = "IORING_OP_OPENAT2";

        public int Descriptor { get; private set; } = -1;

        public io_uring_sqe Prepare() => Call switch
        {
            "IORING_OP_OPENAT2" => FileSqe.Open(Libc.AT_FDCWD, _arguments),
            "IORING_OP_STATX" => FileSqe.Stat(Descriptor, _arguments),
            _ => FileSqe.Read(Descriptor, _buffer, Length, 0),
        };

        public bool Continue(SysResult result)
        {
            if (result.IsError || Call == "IORING_OP_READ")
            {
                return false;
            }

            if (Call == "IORING_OP_OPENAT2")
            {
                Descriptor = (int)result.Value;
                Call = "IORING_OP_STATX";
            }
            else
            {
                Call = "IORING_OP_READ";
            }

            return true;
        }
    }
}
