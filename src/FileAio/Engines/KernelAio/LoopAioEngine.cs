using System.Diagnostics.CodeAnalysis;
using FileAio.Threads;
using Transport.Core;

namespace FileAio.Engines.KernelAio;

/// <summary>Kernel AIO on the event loop of a connection, as in nginx.</summary>
/// <remarks>
/// io_submit may block, and the loop has sockets to serve. So after a slow submission, a thread of the pool engine submits for a while.
/// </remarks>
internal sealed class LoopAioEngine : LoopEngine<AioContext>
{
    private static readonly TimeSpan DrainWait = TimeSpan.FromMilliseconds(100);

    private readonly int _requests;
    private readonly ThreadPoolEngine _threads;
    private readonly CompletionQueue _completions;
    private readonly Action<FileRead, SysResult> _deliver;

    /// <param name="loop">The connection's event loop.</param>
    /// <param name="requests">The maximum number of reads in flight.</param>
    /// <param name="fallback">The engine that is used while this loop has no context.</param>
    /// <param name="threads">The engine for reads that the kernel cannot queue. It also submits while submission is slow.</param>
    /// <param name="reads">The registry of reads in flight.</param>
    public LoopAioEngine(IEventLoopFeature loop, int requests, IFileEngine fallback, ThreadPoolEngine threads, InFlightReads reads)
        : base(loop, fallback, reads)
    {
        (_requests, _threads) = (requests, threads);
        _completions = new CompletionQueue(() => Known!.SubmitWaiting());
        _deliver = (read, result) =>
        {
            Reaped(result);
            _completions.Deliver(read, result);
        };
    }

    public override string Name => "linux-aio";

    public override void TryCancel(FileRead read)
    {
        if (Known is { } io && io.TryWithdraw(read))
        {
            _completions.Add(read, SysResult.Error(Errno.ECANCELED));
        }
    }

    protected override bool TryCreate(int wakeUp, [NotNullWhen(true)] out AioContext? queue, out string call)
    {
        bool created = AioContext.TryCreate(_requests, wakeUp, _threads, _completions.Add, out queue, out EngineRefusal refusal);
        call = refusal.Call;
        return created;
    }

    protected override bool TrySubmit(AioContext queue, FileRead read)
    {
        lock (queue.Gate)
        {
            if (HasEnded)
            {
                return false;
            }

            queue.Add(read);
        }

        if (EngineThread.Loop == this || _completions.IsDraining)
        {
            return true; // submitted after the continuation returns
        }

        if (Thread.CurrentThread.IsThreadPoolThread)
        {
            queue.SubmitWaiting();
        }
        else
        {
            SubmitFromLoop(queue);
        }

        return true;
    }

    protected override void SubmitFromLoop(AioContext queue)
    {
        if (!queue.TrySubmitWaiting())
        {
            _threads.Post(static io => ((AioContext)io!).SubmitWaiting(), queue);
        }
    }

    protected override int Reap(AioContext queue, int most) => queue.Reap(most, TimeSpan.Zero, _deliver);

    protected override void DrainOnce(AioContext queue)
    {
        queue.SubmitWaiting();
        queue.Reap(MaxPerIteration, DrainWait, _completions.Add);
    }
}
