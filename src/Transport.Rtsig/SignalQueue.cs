using Transport.Core.Interop.Sockets;
using CoreLibc = Transport.Core.Interop.Libc;
using Libc = Transport.Rtsig.Interop.Libc;

namespace Transport.Rtsig;

/// <summary>
/// The calling thread's queue of one real-time signal and of SIGIO, which reports an overflow. Both stay blocked on the thread: an
/// unblocked one would terminate the process, since it has no handler.
/// </summary>
/// <remarks>
/// Threads that this one starts inherit the mask, which has no effect because these signals are not sent to them. A child process would
/// start with the signals blocked.
/// </remarks>
internal sealed unsafe class SignalQueue : IDisposable
{
    /// <summary>The number of signals in a read: 64 KiB.</summary>
    public const int BatchSize = 512;

    /// <summary>
    /// The maximum number of signals in one drain: a peer that sends faster than the queue is read must not occupy the loop.
    /// </summary>
    private const int MaxDrained = 128 * BatchSize;

    private readonly SignalReading _reading;
    private readonly Libc.signalfd_siginfo[] _batch = GC.AllocateArray<Libc.signalfd_siginfo>(BatchSize, pinned: true);
    private readonly QueuedSignal[] _drained = new QueuedSignal[BatchSize];
    private CoreLibc.sigset_t _signals;

    /// <exception cref="IOException">The signal already has a handler, or the kernel refused a signalfd.</exception>
    public SignalQueue(int signal, SignalReading reading)
    {
        _reading = reading;
        Signal = signal;
        ThreadId = Libc.gettid();
        ThrowIfClaimed(signal);
        ThrowIfClaimed(Libc.SIGIO);

        // SAFETY: fixed keeps the set in place during the calls.
        fixed (CoreLibc.sigset_t* signals = &_signals)
        {
            SysResult.From(CoreLibc.sigemptyset(signals)).ThrowIfError("sigemptyset");
            SysResult.From(CoreLibc.sigaddset(signals, signal)).ThrowIfError("sigaddset");
            SysResult.From(CoreLibc.sigaddset(signals, Libc.SIGIO)).ThrowIfError("sigaddset");
            new SysResult(-Libc.pthread_sigmask(Libc.SIG_BLOCK, signals, null)).ThrowIfError("pthread_sigmask");
            Descriptor = (int)SysResult.From(Libc.signalfd(-1, signals, Libc.SFD_NONBLOCK | Libc.SFD_CLOEXEC)).ThrowIfError("signalfd");
        }
    }

    public int Signal { get; }

    /// <summary>The thread that descriptors set as their owner.</summary>
    public int ThreadId { get; }

    /// <summary>The signalfd: readable on this thread while a signal is queued for it.</summary>
    public int Descriptor { get; }

    /// <summary>The maximum number of queued signals for all processes of the user together.</summary>
    public static ulong Limit
    {
        get
        {
            Libc.rlimit limit;
            return Libc.getrlimit(Libc.RLIMIT_SIGPENDING, &limit) == 0 ? limit.rlim_cur : 0;
        }
    }

    /// <summary>
    /// Waits until a signal is queued or another descriptor is readable. The other descriptor need not support signals (−1: none).
    /// </summary>
    /// <param name="beside">The other descriptor.</param>
    /// <param name="timeoutMilliseconds">−1: no time-out.</param>
    /// <param name="isReadable">Whether the other descriptor is readable.</param>
    public SysResult Wait(int beside, int timeoutMilliseconds, out bool isReadable)
    {
        CoreLibc.pollfd* either = stackalloc CoreLibc.pollfd[2];
        either[0] = new CoreLibc.pollfd { fd = Descriptor, events = CoreLibc.POLLIN };
        either[1] = new CoreLibc.pollfd { fd = beside, events = CoreLibc.POLLIN };
        SysResult found = SysResult.From(CoreLibc.poll(either, 2, timeoutMilliseconds));
        isReadable = found.Value > 0 && either[1].revents != 0;
        return found.Errno is Errno.EINTR or Errno.EAGAIN or Errno.ENOMEM ? new SysResult(0) : found;
    }

    /// <summary>Reads queued signals, without waiting. Returns 0 if there is none.</summary>
    public SysResult Read(Span<QueuedSignal> signals) => _reading == SignalReading.Batch ? ReadBatch(signals) : ReadOneByOne(signals);

    /// <summary>Discards queued signals, to make room.</summary>
    /// <returns>The number of discarded signals.</returns>
    public int Drain()
    {
        int drained = 0;
        SysResult read;
        do
        {
            read = Read(_drained);
            drained += (int)Math.Max(read.Value, 0);
        }
        while (read.Value == _drained.Length && drained < MaxDrained);
        return drained;
    }

    public void Dispose()
    {
        Drain();
        SocketCalls.Close(Descriptor);
    }

    /// <summary>Fails if the signal has a handler: other code expects the signal, and would get this transport's.</summary>
    private static void ThrowIfClaimed(int signal)
    {
        Libc.sigaction_t action;
        SysResult.From(Libc.sigaction(signal, null, &action)).ThrowIfError($"sigaction({signal})");
        if (action.sa_handler != 0)
        {
            throw new IOException(
                $"Signal {signal} already has a handler in this process. Set RtsigTransportOptions.Signal to another signal.");
        }
    }

    private SysResult ReadBatch(Span<QueuedSignal> signals)
    {
        // SAFETY: the array is on the pinned object heap.
        fixed (Libc.signalfd_siginfo* batch = _batch)
        {
            nuint room = (nuint)(Math.Min(signals.Length, BatchSize) * sizeof(Libc.signalfd_siginfo));
            SysResult read = SysResult.From(Unistd.read(Descriptor, batch, room));
            if (read.IsError)
            {
                return read.Errno is Errno.EAGAIN or Errno.EINTR ? new SysResult(0) : read;
            }

            int count = (int)read.Value / sizeof(Libc.signalfd_siginfo);
            for (int i = 0; i < count; i++)
            {
                signals[i] = new QueuedSignal(batch[i].ssi_fd, (int)batch[i].ssi_band, batch[i].ssi_signo == Libc.SIGIO);
            }

            return new SysResult(count);
        }
    }

    private SysResult ReadOneByOne(Span<QueuedSignal> signals)
    {
        Libc.siginfo_t info;
        timespec atOnce = default;
        int count = 0;

        // SAFETY: fixed keeps the set in place during the calls.
        fixed (CoreLibc.sigset_t* set = &_signals)
        {
            while (count < signals.Length)
            {
                SysResult signal = SysResult.From(Libc.sigtimedwait(set, &info, &atOnce));
                if (signal.IsError)
                {
                    return signal.Errno is Errno.EAGAIN or Errno.EINTR || count > 0 ? new SysResult(count) : signal;
                }

                signals[count++] = new QueuedSignal(info.si_fd, (int)info.si_band, info.si_signo == Libc.SIGIO);
            }
        }

        return new SysResult(count);
    }
}
