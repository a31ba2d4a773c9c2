using FileAio.Buffers;

namespace FileAio.Reading;

/// <summary>A read in flight, and its offset in the file.</summary>
/// <param name="Buffer">The buffer.</param>
/// <param name="Position">The offset in the file.</param>
/// <param name="Length">The number of bytes.</param>
/// <param name="Result">The result, which is awaited once.</param>
/// <param name="Shared">The read if other responses may share it; otherwise null.</param>
/// <param name="IsJoined">Whether another response has started the read.</param>
internal readonly record struct PendingRead(AlignedBuffer Buffer, long Position, int Length, ValueTask<SysResult> Result,
    SharedRead? Shared = null, bool IsJoined = false)
{
    /// <summary>Cancels the read if no other response wants it.</summary>
    public void TryCancel()
    {
        if (Shared is null || (!IsJoined && Shared.TryWithdraw()))
        {
            Buffer.Read.TryCancel();
        }
    }

    /// <summary>Returns the buffer. The response's own read has completed.</summary>
    public void Return(AlignedBufferPool pool)
    {
        if (Shared is null)
        {
            pool.Return(Buffer);
        }
        else
        {
            Shared.Release();
        }
    }
}
