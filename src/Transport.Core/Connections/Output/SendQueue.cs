using System.Collections.Concurrent;

namespace Transport.Core.Connections.Output;

/// <summary>
/// Connections of a loop whose output was flushed from elsewhere. One work item of the thread pool sends for all of them, one after
/// another: what is flushed until their turn comes goes with one call, and the switch to another thread is paid once for many.
/// </summary>
/// <param name="pool">Queues a work item on the thread pool.</param>
/// <param name="lateMilliseconds">The time after which the pool is late.</param>
internal sealed class SendQueue(Action<IThreadPoolWorkItem> pool, int lateMilliseconds) : IThreadPoolWorkItem
{
    /// <summary>
    /// The thread pool is late by so much if all its threads are blocked. Then whoever flushes sends for everybody: a response that is
    /// written must not wait for handlers of others.
    /// </summary>
    private const int LateMilliseconds = 2;

    private readonly ConcurrentQueue<OutputWriter> _writers = new();
    private long _queuedAt;
    private int _isRunning;

    public SendQueue()
        : this(static item => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false), LateMilliseconds)
    {
    }

    /// <summary>Sends what the writer has parked, soon. Any thread.</summary>
    public void Add(OutputWriter writer)
    {
        _writers.Enqueue(writer);
        if (Interlocked.Exchange(ref _isRunning, 1) == 0)
        {
            Volatile.Write(ref _queuedAt, Environment.TickCount64);
            pool(this);
        }
        else if (Environment.TickCount64 - Volatile.Read(ref _queuedAt) > lateMilliseconds)
        {
            SendAll();
        }
    }

    public void Execute()
    {
        while (true)
        {
            SendAll();

            // With a full barrier between the two: a writer that is added after the last look sees that nobody sends.
            Interlocked.Exchange(ref _isRunning, 0);
            if (_writers.IsEmpty || Interlocked.Exchange(ref _isRunning, 1) != 0)
            {
                return;
            }
        }
    }

    private void SendAll()
    {
        while (_writers.TryDequeue(out OutputWriter? writer))
        {
            Volatile.Write(ref _queuedAt, Environment.TickCount64);
            writer.SendListed(isOnLoop: false);
        }
    }
}
