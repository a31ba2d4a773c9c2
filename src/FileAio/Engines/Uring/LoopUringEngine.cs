using System.Diagnostics.CodeAnalysis;
using FileAio.Threads;
using Transport.Core;

namespace FileAio.Engines.Uring;

/// <summary>io_uring on the event loop of a connection, whatever the loop's own model is.</summary>
/// <remarks>
/// <para>Only the loop submits, since the kernel binds an operation to the thread that has submitted it. The loop may move to another
/// thread meanwhile: the ring is not bound to one.</para>
/// <para>When a loop ends, its last thread cancels the operations in flight before it ends: see b. of <see cref="FileRing"/>.</para>
/// </remarks>
internal sealed class LoopUringEngine : LoopEngine<FileRing>, IOpenEngine
{
    // The pause when the kernel accepts no operation: the machine is short of memory.
    private static readonly TimeSpan Shortage = TimeSpan.FromMilliseconds(1);

    // Between looks at a ring that ends.
    private static readonly TimeSpan DrainWait = TimeSpan.FromMilliseconds(5);

    private readonly UringSetup _setup;
    private readonly IOpenEngine _fallback;
    private readonly RingDelivery _delivery;
    private readonly Action<IRingOperation, SysResult> _deliver;
    private int _isSubmitPosted;

    /// <param name="loop">The connection's event loop.</param>
    /// <param name="setup">The size of the ring.</param>
    /// <param name="fallback">The engine that is used while this loop has no ring.</param>
    /// <param name="threads">The engine for reads that the kernel cannot queue.</param>
    /// <param name="reads">The registry of reads in flight.</param>
    public LoopUringEngine(IEventLoopFeature loop, UringSetup setup, IOpenEngine fallback, IFileEngine threads, InFlightReads reads)
        : base(loop, fallback, reads)
    {
        (_setup, _fallback) = (setup, fallback);
        _delivery = new RingDelivery(threads, () => Application);
        _deliver = (operation, result) =>
        {
            Reaped(result);
            _delivery.Completed(operation, result);
        };
    }

    public override string Name => UringSetup.Name;

    public bool CanOpen => Queue() is { } ring ? !ring.IsLost : _fallback.CanOpen;

    public bool TryOpen(RingOpen open)
    {
        if (Queue() is not { } ring || !TryAdd(ring, open, out bool isFull))
        {
            open.PassedTo = _fallback;
            return _fallback.TryOpen(open);
        }

        if (isFull)
        {
            return false;
        }

        RequestSubmit();
        return true;
    }

    public override void TryCancel(FileRead read)
    {
        if (TryWithdraw(read))
        {
            _delivery.Cancel(read);
        }
    }

    public void TryCancel(RingOpen open)
    {
        if (open.PassedTo is { } other)
        {
            other.TryCancel(open);
        }
        else if (TryWithdraw(open))
        {
            open.Refuse();
        }
    }

    protected override bool TryCreate(int wakeUp, [NotNullWhen(true)] out FileRing? queue, out string call)
    {
        call = "io_uring_setup";
        return _setup.TryCreateRing(wakeUp, out queue, out _);
    }

    protected override bool TrySubmit(FileRing queue, FileRead read)
    {
        if (!TryAdd(queue, read, out bool isFull))
        {
            return false;
        }

        if (isFull)
        {
            _delivery.Refuse(read);
        }
        else
        {
            RequestSubmit();
        }

        return true;
    }

    protected override void SubmitFromLoop(FileRing queue)
    {
        if (!queue.Submit(_delivery.NotRun))
        {
            _delivery.Threads.Post(static engine =>
            {
                Thread.Sleep(Shortage);
                ((LoopUringEngine)engine!).RequestSubmit();
            }, this);
        }
    }

    protected override int Reap(FileRing queue, int most) => queue.Reap(most, _deliver);

    protected override void BeforeDrain(FileRing queue) => CancelAll(queue);

    protected override void DrainOnce(FileRing queue)
    {
        CancelAll(queue);
        while (queue.Reap(MaxPerIteration, _delivery.CompletedOnPool) > 0)
        {
        }

        Thread.Sleep(DrainWait);
    }

    private void CancelAll(FileRing ring)
    {
        List<IRingOperation> withdrawn;
        lock (ring.Gate)
        {
            withdrawn = ring.CancelAll();
        }

        withdrawn.ForEach(operation => _delivery.CompletedOnPool(operation, SysResult.Error(Errno.ECANCELED)));
        _ = ring.Submit(_delivery.NotRun);
    }

    /// <summary>Returns false if the ring accepts no operation any more.</summary>
    private bool TryAdd(FileRing ring, IRingOperation operation, out bool isFull)
    {
        isFull = false;
        lock (ring.Gate)
        {
            if (HasEnded || ring.IsLost)
            {
                return false;
            }

            isFull = !ring.TryAdd(operation);
            return true;
        }
    }

    private bool TryWithdraw(IRingOperation operation)
    {
        if (Known is not { } ring)
        {
            return false;
        }

        lock (ring.Gate)
        {
            if (ring.TryWithdraw(operation))
            {
                return true;
            }
        }

        RequestSubmit();
        return false;
    }

    /// <summary>Has the loop submit. While it delivers completions, it submits afterwards anyway.</summary>
    private void RequestSubmit()
    {
        if (EngineThread.Loop != this && Interlocked.Exchange(ref _isSubmitPosted, 1) == 0)
        {
            _ = Loop.TryPost(static engine => ((LoopUringEngine)engine!).SubmitPosted(), this);
        }
    }

    private void SubmitPosted()
    {
        Interlocked.Exchange(ref _isSubmitPosted, 0); // before the operations are taken: who adds one later posts again
        SubmitAfterWork();
    }
}
