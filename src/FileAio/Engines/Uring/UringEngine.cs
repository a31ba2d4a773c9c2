using System.Diagnostics.CodeAnalysis;
using FileAio.Threads;

namespace FileAio.Engines.Uring;

/// <summary>io_uring with one thread, which alone submits.</summary>
internal sealed class UringEngine : ThreadEngine<FileRing>, IOpenEngine
{
    private readonly RingDelivery _delivery;

    private UringEngine(int eventFd, FileRing ring, IFileEngine fallback, InFlightReads reads)
        : base(eventFd, reads) => (Queue, _delivery) = (ring, new RingDelivery(fallback));

    public override string Name => UringSetup.Name;

    /// <summary>The maximum number of operations in flight.</summary>
    public int Requests => Queue.Requests;

    public bool CanOpen => !Queue.IsLost;

    protected override bool CanSubmit => Queue.CanSubmit;

    /// <summary>Creates the engine.</summary>
    /// <param name="setup">The size of the ring.</param>
    /// <param name="fallback">The engine for reads that the kernel cannot queue. It is not disposed with this engine.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="refusal">Why it cannot be created, as a sentence.</param>
    /// <param name="start">Starts a thread.</param>
    /// <param name="reads">The registry of reads in flight, if several engines share one; null for a separate one.</param>
    public static bool TryCreate(
        UringSetup setup, IFileEngine fallback, [NotNullWhen(true)] out UringEngine? engine, out string refusal,
        ThreadStarter? start = null, InFlightReads? reads = null)
    {
        engine = null;
        SysResult eventFd = EventFd.Create(0);
        if (eventFd.IsError)
        {
            refusal = "eventfd: " + eventFd.Describe();
            return false;
        }

        if (!setup.TryCreateRing((int)eventFd.Value, out FileRing? ring, out refusal))
        {
            Unistd.Close((int)eventFd.Value);
            return false;
        }

        UringEngine made = new UringEngine((int)eventFd.Value, ring, fallback, reads ?? new InFlightReads());
        if (!made.TryStart(start ?? EngineThread.TryStart, "aio ring"))
        {
            made.Dispose();
            refusal = "pthread_create: " + SysResult.Error(Errno.EAGAIN).Describe();
            return false;
        }

        engine = made;
        return true;
    }

    public override void Submit(FileRead read)
    {
        bool isLost;
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            isLost = Queue.IsLost;
            if (!isLost && Queue.TryAdd(read))
            {
                WakeUp();
                return;
            }
        }

        if (isLost)
        {
            read.PassTo(_delivery.Threads);
        }
        else
        {
            _delivery.Refuse(read);
        }
    }

    public bool TryOpen(RingOpen open)
    {
        lock (Gate)
        {
            if (IsDisposed || Queue.IsLost || !Queue.TryAdd(open))
            {
                return false;
            }

            WakeUp();
            return true;
        }
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
        if (TryWithdraw(open))
        {
            open.Refuse();
        }
    }

    protected override bool SubmitWaiting() => Queue.Submit(_delivery.NotRun);

    protected override int Reap(int most) => Queue.Reap(most, _delivery.Completed);

    /// <summary>Cancels the operations. The thread waits for those in flight.</summary>
    protected override void EndSubmissions()
    {
        List<IRingOperation> withdrawn;
        lock (Gate)
        {
            withdrawn = Queue.CancelAll();
        }

        withdrawn.ForEach(operation => _delivery.CompletedOnPool(operation, SysResult.Error(Errno.ECANCELED)));
    }

    private bool TryWithdraw(IRingOperation operation)
    {
        lock (Gate)
        {
            bool withdrawn = Queue.TryWithdraw(operation);
            if (!withdrawn && !HasEnded)
            {
                WakeUp();
            }

            return withdrawn;
        }
    }
}
