using System.Text;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;
using Transport.Uring.Interop;
using Transport.Uring.Rings;
using static Shared.Uring.Interop.IoUring;

namespace Transport.Uring;

/// <summary>
/// Determines whether io_uring is available, by using it once. It creates a ring and its buffers as a loop does, and makes every operation
/// of a connection on a pair of sockets. It does not test the kernel's version.
/// </summary>
internal static unsafe class UringProbe
{
    /// <summary>The maximum number of enter calls for the operations. An estimate: each completes within the first.</summary>
    private const int MaxCalls = 100;

    private static readonly UserData s_receive = new(OperationKind.Incoming, 0, 0);
    private static readonly UserData s_send = new(OperationKind.Outgoing, 0, 0);
    private static readonly UserData s_cancel = new(OperationKind.Incoming, 0, 0, IsCancellation: true);

    /// <returns>The reason why it is not available, as a sentence; null if it is.</returns>
    public static string? Run(RingSize size)
    {
        try
        {
            using Ring ring = new(size.Submissions, size.Completions);
            using BufferRing buffers = new(ring, size.Buffers, size.BufferSize);
            int* pair = stackalloc int[2];
            SysResult.From(socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair)).ThrowIfError("socketpair");
            try
            {
                Try(ring, buffers, pair[0], pair[1]);
            }
            finally
            {
                SocketCalls.Close(pair[0]);
                SocketCalls.Close(pair[1]);
            }

            return null;
        }
        catch (IOException exception)
        {
            return $"{exception.Message}.{Hint(exception.Message)}";
        }
    }

    private static void Try(Ring ring, BufferRing buffers, int left, int right)
    {
        byte[] sent = GC.AllocateUninitializedArray<byte>(5, pinned: true);
        "probe"u8.CopyTo(sent);
        using System.Buffers.MemoryHandle pin = sent.AsMemory().Pin();
        using SendVector vector = new();

        // A receive that waits, and a send that completes it.
        ring.Submissions.Add(Sqe.ReceiveIntoRing(left, BufferRing.Group, s_receive.Pack()));
        ring.Submissions.Add(Sqe.Send(right, in pin, sent.Length, 0, s_send.Pack()));
        uint flags = Expect(ring, sent.Length, "IORING_OP_RECV", "IORING_OP_SEND");
        string received = Encoding.ASCII.GetString(buffers.Read(BufferRing.IdOf(flags), sent.Length));
        buffers.Return(BufferRing.IdOf(flags));
        if (received != "probe")
        {
            throw new IOException("IORING_OP_RECV returned other bytes than were sent");
        }

        // A gathered send, and a receive that does not wait.
        vector.Pin(new System.Buffers.ReadOnlySequence<byte>(sent));
        ring.Submissions.Add(Sqe.Send(right, vector, 0, s_send.Pack()));
        ring.Submissions.Add(Sqe.Receive(left, in pin, sent.Length, s_receive.Pack()));
        Expect(ring, sent.Length, "IORING_OP_RECV", "IORING_OP_SENDMSG");

        // A poll that finds the socket ready, and a receive that is cancelled.
        ring.Submissions.Add(Sqe.Poll(left, Libc.POLLOUT, s_send.Pack()));
        ring.Submissions.Add(Sqe.ReceiveIntoRing(left, BufferRing.Group, s_receive.Pack()));
        ring.Submissions.Add(Sqe.Cancel(s_receive.Pack(), s_cancel.Pack()));
        Expect(ring, -Errno.ECANCELED, "IORING_OP_ASYNC_CANCEL", "IORING_OP_POLL_ADD");
    }

    /// <summary>Waits for one completion of each kind.</summary>
    /// <returns>The flags of the receive's completion.</returns>
    private static uint Expect(Ring ring, int received, string incoming, string outgoing)
    {
        uint flags = 0;
        bool isReceived = false;
        bool isSent = false;
        for (int calls = 0; calls < MaxCalls && !(isReceived && isSent); calls++)
        {
            ring.Enter(timeoutMilliseconds: 10).ThrowIfError("io_uring_enter");
            while (ring.Completions.Count > 0)
            {
                io_uring_cqe cqe = ring.Completions.Take();
                UserData id = UserData.Unpack(cqe.user_data);
                switch (id.Kind)
                {
                    case OperationKind.Incoming when id.IsCancellation:
                        break;
                    case OperationKind.Incoming:
                        Check(cqe.res == received, cqe.res, incoming);
                        flags = cqe.flags;
                        isReceived = true;
                        break;
                    case OperationKind.Outgoing:
                        Check(cqe.res > 0, cqe.res, outgoing);
                        isSent = true;
                        break;
                    default:
                        break;
                }
            }
        }

        return isReceived && isSent ? flags : throw new IOException($"{(isReceived ? outgoing : incoming)} did not complete");
    }

    private static void Check(bool isExpected, int result, string operation)
    {
        if (!isExpected)
        {
            new SysResult(result).ThrowIfError(operation);
            throw new IOException($"{operation} returned {result}");
        }
    }

    private static string Hint(string message) => message.Contains($"(errno {Errno.EPERM})", StringComparison.Ordinal)
        ? " The sysctl kernel.io_uring_disabled or the container's seccomp profile forbids it."
        : "";
}
