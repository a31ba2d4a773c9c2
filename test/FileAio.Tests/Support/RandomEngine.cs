using System.Collections.Concurrent;
using FileAio.Engines;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Support;

/// <summary>An engine whose thread completes reads wholly, in part, or with an error. It refuses one of 64.</summary>
internal sealed unsafe class RandomEngine : IFileEngine
{
    private readonly BlockingCollection<FileRead> _submitted = [];
    private readonly ConcurrentDictionary<FileRead, bool> _cancelled = [];
    private readonly Thread _thread;
    private int _count;

    public RandomEngine()
    {
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public string Name => "random";

    InFlightReads IFileEngine.Reads { get; } = new();

    public void Submit(FileRead read)
    {
        ObjectDisposedException.ThrowIf(Interlocked.Increment(ref _count) % 64 == 0, this);
        _submitted.Add(read);
    }

    public void TryCancel(FileRead read) => _cancelled[read] = true;

    public void Post(SendOrPostCallback work, object? state) => ThreadPool.UnsafeQueueUserWorkItem(_ => work(state), null);

    public void Dispose()
    {
        _submitted.CompleteAdding();
        _thread.Join();
        _submitted.Dispose();
    }

    private void Run()
    {
        Random random = new(7);
        foreach (FileRead read in _submitted.GetConsumingEnumerable())
        {
            bool isCancelled = _cancelled.TryRemove(read, out _) && random.Next(2) == 0;
            int result = isCancelled ? -Errno.ECANCELED : random.Next(8) switch
            {
                0 => -Errno.EIO,
                1 => 512,
                2 => 0,
                _ => read.Length,
            };
            // SAFETY: the response holds the buffer until its read has completed.
            new Span<byte>((void*)read.Buffer, Math.Max(result, 0)).Fill(SharedResponses.Mark(read.Offset));
            read.SetResult(new SysResult(result));
            read.Complete();
        }
    }
}
