using System.Diagnostics.CodeAnalysis;
using FileAio.Threads;

namespace FileAio.Engines.KernelAio;

/// <summary>
/// Kernel AIO with two threads of its own: the one of <see cref="ThreadEngine{TQueue}"/>, and one that submits for threads that must not
/// block.
/// </summary>
internal sealed class LinuxAioEngine : ThreadEngine<AioContext>
{
    private readonly CompletionQueue _completions;
    private readonly SemaphoreSlim _submitterWakeUp = new(0);
    private Thread? _submitter;

    private LinuxAioEngine(int eventFd, InFlightReads reads)
        : base(eventFd, reads) => _completions = new CompletionQueue(() => Queue.SubmitWaiting());

    public override string Name => "linux-aio";

    /// <summary>The maximum number of reads in flight.</summary>
    public int Requests => Queue.Requests;

    /// <summary>Creates the engine for <paramref name="requests"/> reads in flight, or for fewer.</summary>
    /// <param name="requests">The maximum number of reads in flight.</param>
    /// <param name="fallback">The engine for reads that the kernel cannot queue. It is not disposed with this engine.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="refusal">The failed call, if the engine cannot be created.</param>
    /// <param name="start">Starts a thread.</param>
    /// <param name="reads">The registry of reads in flight, if several engines share one; null for a separate one.</param>
    public static bool TryCreate(
        int requests, IFileEngine fallback, [NotNullWhen(true)] out LinuxAioEngine? engine, out EngineRefusal refusal,
        ThreadStarter? start = null, InFlightReads? reads = null)
    {
        engine = null;
        SysResult eventFd = EventFd.Create(0);
        refusal = new EngineRefusal("eventfd", eventFd);
        if (eventFd.IsError)
        {
            return false;
        }

        LinuxAioEngine made = new LinuxAioEngine((int)eventFd.Value, reads ?? new InFlightReads());
        if (!AioContext.TryCreate(requests, (int)eventFd.Value, fallback, made._completions.Add, out AioContext? io, out refusal))
        {
            Unistd.Close((int)eventFd.Value);
            return false;
        }

        made.Queue = io;
        start ??= EngineThread.TryStart;
        if ((made._submitter = start("aio submit", made.SubmitLoop)) is null || !made.TryStart(start, "aio loop"))
        {
            made.Dispose();
            refusal = new EngineRefusal("pthread_create", SysResult.Error(Errno.EAGAIN));
            return false;
        }

        engine = made;
        return true;
    }

    public override void Submit(FileRead read)
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            Queue.Add(read);
        }

        Thread current = Thread.CurrentThread;
        if (current == Worker || _completions.IsDraining)
        {
            return; // submitted after the continuation returns
        }

        if (current.IsThreadPoolThread)
        {
            Queue.SubmitWaiting();
        }
        else
        {
            _submitterWakeUp.Release();
        }
    }

    public override void TryCancel(FileRead read)
    {
        if (Queue.TryWithdraw(read))
        {
            _completions.Add(read, SysResult.Error(Errno.ECANCELED));
        }
    }

    /// <summary>Submits on the engine's thread. If that takes long, the submitter does it for a while.</summary>
    protected override bool SubmitWaiting()
    {
        if (IsDisposed)
        {
            Queue.SubmitWaiting();
        }
        else if (!Queue.TrySubmitWaiting())
        {
            _submitterWakeUp.Release();
        }

        return true;
    }

    protected override int Reap(int most) => Queue.Reap(most, TimeSpan.Zero, _completions.Deliver);

    protected override void EndSubmissions()
    {
        _submitterWakeUp.Release();
        _submitter?.Join();
    }

    private void SubmitLoop()
    {
        while (true)
        {
            _submitterWakeUp.Wait();
            if (IsDisposed)
            {
                return;
            }

            Queue.SubmitWaiting();
        }
    }
}
