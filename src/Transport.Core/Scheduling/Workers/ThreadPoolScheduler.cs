using Transport.Core.Loops;
using Transport.Core.Scheduling.Threads;

namespace Transport.Core.Scheduling.Workers;

/// <summary>The same batches on the framework's thread pool, for code that insists on its threads. Starved when the pool is.</summary>
internal sealed class ThreadPoolScheduler(EventLoop loop, int maxWorkers) : BatchScheduler(loop, maxWorkers, RunningWorkers.OfProcess)
{
    private readonly Stack<PoolWorker> _resting = new();

    protected override BatchWorker? FindWorker() => _resting.TryPop(out PoolWorker? resting) ? resting : new PoolWorker(this);

    protected override void Rest(BatchWorker worker) => _resting.Push((PoolWorker)worker);

    protected override void Forget(BatchWorker worker)
    {
    }

    private sealed class PoolWorker(ThreadPoolScheduler scheduler) : BatchWorker, IThreadPoolWorkItem
    {
        public override void Call() => System.Threading.ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

        public void Execute() => scheduler.Drain(this);
    }
}
