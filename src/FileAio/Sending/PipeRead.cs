using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Reading;

namespace FileAio.Sending;

/// <summary>
/// Reads into the memory of the response pipe. The block is held while the kernel writes to it, even if Kestrel completes the pipe
/// meanwhile.
/// </summary>
internal sealed class PipeRead(DirectReader reader, ResponseBody body, BufferBudget budget)
{
    private const nint Page = 4096;

    private readonly FileRead _read = new();

    /// <summary>
    /// Reads one chunk and advances the pipe. Returns <see cref="SendEnd.NotDirect"/> without a reason if the pipe's memory is not aligned.
    /// </summary>
    public async ValueTask<SendOutcome> ReadAsync(long position, int length, long end, TimeSpan timeout, CancellationToken cancellation)
    {
        await body.StartAsync().ConfigureAwait(false);
        if (!budget.TryAcquire(length) && !await budget.AcquireAsync(length, timeout, cancellation).ConfigureAwait(false))
        {
            return new SendOutcome(SendEnd.Busy, position);
        }

        try
        {
            Memory<byte> memory = body.GetMemory(length);
            if (AlignedBlock.Of(memory, out int start) is not { } block || ((block.Address + start) & (Page - 1)) != 0)
            {
                return new SendOutcome(SendEnd.NotDirect, position);
            }

            block.Hold();
            try
            {
                SysResult read = await reader.ReadAsync(_read, block.Address + start, position, length, end).ConfigureAwait(false);
                if (read.IsError)
                {
                    return SendOutcome.OfFailedRead(read, position);
                }

                long reached = Math.Min(position + read.Value, end);
                body.Advance((int)(reached - position));
                return new SendOutcome(reached < Math.Min(position + length, end) ? SendEnd.Shrank : SendEnd.Sent, reached);
            }
            finally
            {
                block.Release();
            }
        }
        finally
        {
            budget.Release(length);
        }
    }
}
