using System.Diagnostics;
using Transport.Core.Connections.Output;
using Transport.Core.Diagnostics;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;

namespace Transport.Core.Loops.Sockets;

/// <summary>Makes one system call of a send: the next bytes, or the file range behind them.</summary>
internal static class OutputCalls
{
    /// <summary>
    /// The maximum number of bytes of a file in one call, so that one fast client does not occupy a loop. nginx's default for
    /// <c>sendfile_max_chunk</c>.
    /// </summary>
    public const int MaxFileChunk = 2 * 1024 * 1024;

    /// <summary>
    /// The duration from which a call is assumed to have waited for the disk: 2 MiB from the page cache take less than 1 ms. An estimate,
    /// above the delays of a busy processor.
    /// </summary>
    public static readonly TimeSpan SlowCall = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// Sends the first part of <paramref name="batch"/>: bytes, or a chunk of its file, whose progress is recorded there. May send less
    /// than that. −ENODATA: the file is shorter than the range.
    /// </summary>
    /// <param name="socket">The connection's descriptor.</param>
    /// <param name="batch">Not empty.</param>
    /// <param name="counters">The loop's counters.</param>
    /// <param name="flags">The flags of send(2); sendfile(2) has none.</param>
    public static SysResult SendNext(int socket, in OutputBatch batch, LoopCounters counters, int flags = 0)
    {
        if (batch.File is not { Remaining: > 0 } file)
        {
            return SocketCalls.Send(socket, batch.Bytes, flags);
        }

        // MSG_MORE: the header waits for the file's first bytes and is sent in one segment with them (tcp_nopush).
        return batch.Bytes.IsEmpty ? SendFile(socket, file, counters) : SocketCalls.Send(socket, batch.Bytes, flags | Libc.MSG_MORE);
    }

    private static SysResult SendFile(int socket, FileRange file, LoopCounters counters)
    {
        long started = Stopwatch.GetTimestamp();
        SysResult sent = FileCalls.SendFile(socket, file.Descriptor, file.Offset, Math.Min(file.Remaining, MaxFileChunk));
        if (Stopwatch.GetElapsedTime(started) > SlowCall)
        {
            Interlocked.Increment(ref counters.SlowFileSends);
        }

        switch (sent.Errno)
        {
            case 0 when sent.Value == 0:
                return new SysResult(-Errno.ENODATA);
            case 0:
                file.Sent(sent.Value);
                Interlocked.Add(ref counters.FileBytesSent, sent.Value);
                break;
            case Errno.EINVAL or Errno.ENOSYS or Errno.EOPNOTSUPP or Errno.EPERM:
                // The file system does not support splice, or a seccomp filter refuses: this call has sent nothing.
                file.IsRefused = true;
                break;
        }

        return sent;
    }
}
