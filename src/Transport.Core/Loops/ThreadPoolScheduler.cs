namespace Transport.Core.Loops;

/// <summary>The same batches on the framework's thread pool, for code that insists on its threads. Starved when the pool is.</summary>
internal sealed class ThreadPoolScheduler(EventLoop loop, int maxDrainers) : BatchScheduler(loop, maxDrainers)
{
    private readonly Stack<PoolDrainer> _resting = new();

    protected override Drainer? FindDrainer() => _resting.TryPop(out PoolDrainer? resting) ? resting : new PoolDrainer(this);

    protected override void Rest(Drainer drainer) => _resting.Push((PoolDrainer)drainer);

    private sealed class PoolDrainer(ThreadPoolScheduler scheduler) : Drainer, IThreadPoolWorkItem
    {
        public override void Call() => System.Threading.ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

        public void Execute() => scheduler.Drain(this);
    }
}
