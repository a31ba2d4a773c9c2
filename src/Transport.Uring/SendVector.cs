using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Transport.Core.Interop;

namespace Transport.Uring;

/// <summary>
/// What one sendmsg operation points to: a struct msghdr, its pieces, and the pins that keep them in place until the completion. Used again
/// by the connections of a loop, so that an idle one has none.
/// </summary>
internal sealed unsafe class SendVector : IDisposable
{
    /// <summary>16 blocks of 4 KiB are the default write buffer. The kernel's own limit is 1,024.</summary>
    private const int MaxPieces = 16;

    private Libc.msghdr* _message;
    private Pins _pins;
    private int _count;

    public SendVector()
    {
        // SAFETY: native memory of this object's, freed by Dispose.
        _message = (Libc.msghdr*)NativeMemory.AllocZeroed((nuint)(sizeof(Libc.msghdr) + (MaxPieces * sizeof(iovec))));
        _message->msg_iov = (iovec*)(_message + 1);
    }

    public Libc.msghdr* Message => _message;

    /// <summary>Pins the first pieces of <paramref name="output"/>.</summary>
    /// <returns>Their length.</returns>
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

    /// <summary>The kernel holds nothing of the pieces any more.</summary>
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
