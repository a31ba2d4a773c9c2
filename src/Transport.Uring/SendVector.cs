using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Transport.Core.Interop;

namespace Transport.Uring;

/// <summary>
/// The memory of a sendmsg operation: a struct msghdr, its pieces, and the pins that keep them in place until completion. The connections
/// of a loop share a pool of these, so an idle one has none.
/// </summary>
internal sealed unsafe class SendVector : IDisposable
{
    /// <summary>16 blocks of 4 KiB are the default write buffer. The kernel's limit is 1,024.</summary>
    private const int MaxPieces = 16;

    private Libc.msghdr* _message;
    private Pins _pins;
    private int _count;

    public SendVector()
    {
        // SAFETY: native memory of this object, freed by Dispose.
        _message = (Libc.msghdr*)NativeMemory.AllocZeroed((nuint)(sizeof(Libc.msghdr) + (MaxPieces * sizeof(iovec))));
        _message->msg_iov = (iovec*)(_message + 1);
    }

    public Libc.msghdr* Message => _message;

    /// <summary>Pins the first pieces of <paramref name="output"/>.</summary>
    /// <returns>Their length in bytes.</returns>
    public long Pin(in ReadOnlySequence<byte> output)
    {
        long length = 0;
        foreach (ReadOnlyMemory<byte> piece in output)
        {
            if (piece.IsEmpty)
            {
                continue;
            }

            _pins[_count] = piece.Pin();
            _message->msg_iov[_count] = new iovec { iov_base = _pins[_count].Pointer, iov_len = (nuint)piece.Length };
            length += piece.Length;
            if (++_count == MaxPieces)
            {
                break;
            }
        }

        _message->msg_iovlen = (nuint)_count;
        return length;
    }

    /// <summary>Releases the pins after completion.</summary>
    public void Unpin()
    {
        while (_count > 0)
        {
            _pins[--_count].Dispose();
        }
    }

    public void Dispose()
    {
        Unpin();
        NativeMemory.Free(_message);
        _message = null;
    }

    [InlineArray(MaxPieces)]
    private struct Pins
    {
        private MemoryHandle _first;
    }
}
