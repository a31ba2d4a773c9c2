using FileAio.Buffers;
using FileAio.Engines;

namespace FileAio.Reading;

/// <summary>A read of one response that others wait for or copy from. Its fields are protected by <see cref="SharedFile.Gate"/>.</summary>
/// <remarks>
/// The response that has started the read holds it until it has completed, so the buffer is the kernel's until then. The others do not
/// depend on that response: the completion itself continues them. They share only a whole read. After an error or a short read each of
/// them reads for itself, while the first response may continue the read in the buffer.
/// </remarks>
/// <param name="file">The file.</param>
/// <param name="buffer">The buffer, which counts once in the budget.</param>
/// <param name="position">The offset in the file.</param>
/// <param name="length">The requested number of bytes.</param>
/// <param name="needed">The number of bytes of a whole read: less than requested at the end of the file.</param>
internal sealed class SharedRead(SharedFile file, AlignedBuffer buffer, long position, int length, long needed) : IReadObserver
{
    private List<SharedWait>? _waits;
    private SysResult _result;
    private bool _isCompleted;

    public AlignedBuffer Buffer => buffer;

    public long Position => position;

    public int Length => length;

    /// <summary>The number of responses that use the buffer.</summary>
    public int Holders { get; set; } = 1;

    /// <summary>Its place among the reads whose buffer no response uses, and which wait for one that will; null if it is none.</summary>
    public LinkedListNode<SharedRead>? Kept { get; set; }

    /// <summary>Whether the read has completed with all bytes.</summary>
    public bool IsWhole => _isCompleted && IsWholeResult(_result);

    public bool IsWholeResult(SysResult result) => !result.IsError && result.Value >= needed;

    /// <summary>Waits for the completion. The continuation runs on the context's thread, or on the thread pool if it is null.</summary>
    public ValueTask<SysResult> WaitAsync(EngineContext? context)
    {
        lock (file.Gate)
        {
            if (_isCompleted)
            {
                return new ValueTask<SysResult>(_result);
            }

            SharedWait wait = new(context);
            (_waits ??= []).Add(wait);
            return wait.AsTask();
        }
    }

    public void OnCompleted(SysResult result)
    {
        List<SharedWait>? waits;
        lock (file.Gate)
        {
            (_result, _isCompleted) = (result, true);
            if (!IsWhole)
            {
                file.Forget(this);
            }

            (waits, _waits) = (_waits, null);
        }

        if (waits is not null)
        {
            foreach (SharedWait wait in waits)
            {
                wait.Complete(result);
            }
        }
    }

    /// <summary>
    /// Returns whether the read may be cancelled: the response that has started it does not want it any more, and no other response does.
    /// </summary>
    public bool TryWithdraw()
    {
        lock (file.Gate)
        {
            if (_isCompleted || Holders > 1)
            {
                return false;
            }

            file.Forget(this);
            return true;
        }
    }

    public void Release() => file.Release(this);
}
