using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using FileAio.Interop;
using FileAio.Threads;

namespace FileAio.Engines;

/// <summary>
/// POSIX AIO of glibc: aio_read, lio_listio, aio_suspend, aio_error, aio_return, aio_cancel. Intended for comparison. One thread submits,
/// waits and reaps.
/// </summary>
/// <remarks>
/// <para>a. Reads are preads on at most 20 threads of glibc, under one lock, for the whole process. A block must not move until its
/// read has completed.</para>
/// <para>b. Reads of one descriptor are serialized. So responses that share a cached file wait for each other.</para>
/// <para>c. Only a signal or a completion wakes aio_suspend. So while reads are in flight its list contains a read of the wake-up eventfd,
/// which occupies one of the 20 threads. An idle engine waits in a read(2) of the eventfd: 20 idle engines would leave no thread to
/// others.</para>
/// <para>d. aio_cancel loses reads. If the first of several reads of a descriptor has not started and is cancelled, glibc marks the next
/// one as runnable but puts it on no list, so that it and all later reads of the descriptor never run (glibc 2.36). So aio_cancel is
/// used only on the wake-up read, the only one of its descriptor. A cancelled read that glibc has accepted completes with its
/// bytes.</para>
/// </remarks>
internal sealed unsafe class PosixAioEngine : IFileEngine
{
    // A guess: the interval until glibc can start a thread again.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    // How long the wake-up read may occupy a thread of glibc without a completion. A guess: longer than a disk read, shorter than a client
    // notices.
    private static readonly TimeSpan ReadsWait = TimeSpan.FromMilliseconds(200);

    private readonly int _capacity;
    private readonly Libc.aiocb* _blocks;
    private readonly Libc.aiocb** _list;
    private readonly FileRead?[] _reads;
    private readonly Stack<int> _free;
    private readonly ulong* _wakeUpValue;
    private readonly int _wakeUp;
    private readonly Lock _gate = new();
    private readonly WaitingQueue<FileRead> _waiting = new();
    private readonly CompletionQueue _completions = new();
    private readonly PostedWork _posted = new();
    private Thread? _thread;
    private bool _signalled, _disposed;

    // Whether glibc has the read of the wake-up eventfd.
    private bool _isWakeUpRead;

    private PosixAioEngine(int wakeUp, int requests)
    {
        _capacity = requests;
        _wakeUp = wakeUp;
        // SAFETY: native memory, freed after the thread and all reads have ended. Block [requests] belongs to the wake-up eventfd.
        _blocks = (Libc.aiocb*)NativeMemory.AllocZeroed((nuint)requests + 1, (nuint)sizeof(Libc.aiocb));
        _list = (Libc.aiocb**)NativeMemory.AllocZeroed((nuint)requests + 1, (nuint)sizeof(Libc.aiocb*));
        _wakeUpValue = (ulong*)NativeMemory.AllocZeroed(sizeof(ulong));
        _reads = new FileRead?[requests];
        _free = new Stack<int>(Enumerable.Range(0, requests));
    }

    /// <summary>
    /// Creates the engine. Returns false, with the reason, if libc has no POSIX AIO (glibc before 2.34, musl), or its thread cannot be
    /// started.
    /// </summary>
    public static bool TryCreate(
        int requests, [NotNullWhen(true)] out PosixAioEngine? engine, out string reason, ThreadStarter? start = null)
    {
        engine = null;
        try
        {
            Libc.GnuVersion(); // musl has the functions too, but another struct aiocb
            Libc.AioCancel(-1, null); // EBADF: only checks whether the function exists
        }
        catch (EntryPointNotFoundException missing)
        {
            reason = missing.Message;
            return false;
        }
        SysResult wakeUp = EventFd.Create(0);
        reason = wakeUp.Describe();
        if (wakeUp.IsError)
        {
            return false;
        }

        PosixAioEngine made = new PosixAioEngine((int)wakeUp.Value, requests);
        made._thread = (start ?? EngineThread.TryStart)("aio posix", made.Run);
        if (made._thread is null)
        {
            made.Dispose();
            reason = new EngineRefusal("pthread_create", SysResult.Error(Errno.EAGAIN)).Reason;
            return false;
        }
        engine = made;
        return true;
    }

    public string Name => "posix-aio";

    private Libc.aiocb* WakeUp => &_blocks[_capacity];

    public InFlightReads Reads { get; } = new();

    public void Submit(FileRead read)
    {
        bool signal;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _waiting.Append(read);
            signal = !_signalled;
            _signalled = true;
        }
        if (signal)
        {
            EventFd.Signal(_wakeUp);
        }
    }

    public void TryCancel(FileRead read)
    {
        bool waiting;
        lock (_gate)
        {
            waiting = _waiting.Remove(read);
        }
        if (waiting)
        {
            _completions.Add(read, SysResult.Error(Errno.ECANCELED));
        }
    }

    public void Post(SendOrPostCallback work, object? state)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _posted.Add(work, state);
                if (!_signalled)
                {
                    EventFd.Signal(_wakeUp);
                }

                _signalled = true;
                return;
            }
        }
        PoolQueue.Post(work, state);
    }

    private void Run()
    {
        while (true)
        {
            SubmitWaiting();
            // The list may contain completed blocks: aio_suspend then returns at once.
            int count = 0;
            for (int slot = 0; slot < _capacity; slot++)
            {
                if (_reads[slot] is not null)
                {
                    _list[count++] = &_blocks[slot];
                }
            }
            Wait(count);
            bool ended = RunPosted();
            Reap();
            if (ended && count == 0)
            {
                EndWakeUpRead();
                return;
            }
        }
    }

    /// <summary>Waits for a completion of the <paramref name="count"/> reads in the list, or for a wake-up.</summary>
    private void Wait(int count)
    {
        if (!_isWakeUpRead)
        {
            if (count == 0)
            {
                EventFd.Drain(_wakeUp);
                return;
            }

            if (!TryReadWakeUp())
            {
                Thread.Sleep(PollInterval); // without the wake-up read, other threads cannot wake this one
                return;
            }
        }

        _list[count] = WakeUp;
        // EINTR too means that the blocks must be checked.
        if (Libc.AioSuspend(_list, count + 1, ReadsWait).Errno == Errno.EAGAIN)
        {
            ReleaseGlibcThread();
        }

        if (Libc.AioError(WakeUp) != Errno.EINPROGRESS)
        {
            Libc.AioReturn(WakeUp);
            _isWakeUpRead = false;
        }
    }

    /// <summary>
    /// Completes the wake-up read. The engine has been idle for a while, or reads are queued behind it: of this engine, if glibc could not
    /// start a thread for them, or of others, if it has as many as it starts.
    /// </summary>
    private void ReleaseGlibcThread()
    {
        if (Libc.AioCancel(_wakeUp, WakeUp) == Libc.AIO_NOTCANCELED)
        {
            EventFd.Signal(_wakeUp);
        }
    }

    /// <summary>Ends the wake-up read, whose memory is about to be freed.</summary>
    private void EndWakeUpRead()
    {
        while (_isWakeUpRead && Libc.AioError(WakeUp) == Errno.EINPROGRESS)
        {
            ReleaseGlibcThread();
            _list[0] = WakeUp;
            Libc.AioSuspend(_list, 1, ReadsWait);
        }
    }

    /// <summary>Runs the posted work. Returns whether the engine has been disposed and no read waits.</summary>
    private bool RunPosted()
    {
        bool ended;
        lock (_gate)
        {
            // Before the queues are read, and in every iteration: one that the eventfd has not caused may have read them too early.
            _signalled = false;
            _posted.Take();
            ended = _disposed && _waiting.Count == 0;
        }
        _posted.Run();
        return ended;
    }

    /// <summary>Starts the read of the wake-up eventfd. Returns false if glibc cannot start a thread for it (EAGAIN).</summary>
    private bool TryReadWakeUp()
    {
        *WakeUp = new Libc.aiocb
        {
            aio_fildes = _wakeUp,
            aio_buf = (nint)_wakeUpValue,
            aio_nbytes = sizeof(ulong),
            sigev_notify = Libc.SIGEV_NONE,
        };
        return _isWakeUpRead = !Libc.AioRead(WakeUp).IsError;
    }

    private void SubmitWaiting()
    {
        int count = 0;
        FileRead? refused = null;
        SysResult reason = default(SysResult);
        lock (_gate)
        {
            while (_free.Count > 0 && _waiting.TryTake(out FileRead? read))
            {
                int slot = _free.Pop();
                _reads[slot] = read;
                read.Slot = slot;
                _blocks[slot] = new Libc.aiocb
                {
                    aio_fildes = read.Descriptor,
                    aio_lio_opcode = Libc.LIO_READ,
                    aio_buf = read.Buffer,
                    aio_nbytes = (nuint)read.Length,
                    aio_offset = read.Offset,
                    sigev_notify = Libc.SIGEV_NONE,
                    // lio_listio leaves this value if it has no memory for a block; otherwise it becomes EINPROGRESS
                    __error_code = Errno.EAGAIN,
                };
                _list[count++] = &_blocks[slot];
            }
            // The error of a block that could not be queued is in its aio_error.
            if (count > 1)
            {
                Libc.LioListio(_list, count);
            }
            else if (count == 1 && (reason = Libc.AioRead(_list[0])).IsError)
            {
                refused = Release((int)(_list[0] - _blocks));
            }
        }
        if (refused is not null)
        {
            _completions.Deliver(refused, reason);
        }
    }

    private void Reap()
    {
        for (int slot = 0; slot < _capacity; slot++)
        {
            if (_reads[slot] is not { } read || Libc.AioError(&_blocks[slot]) is var error && error == Errno.EINPROGRESS)
            {
                continue;
            }

            long returned = Libc.AioReturn(&_blocks[slot]);
            lock (_gate)
            {
                Release(slot);
            }

            _completions.Deliver(read, error == 0 ? new SysResult((nint)returned) : SysResult.Error(error));
        }
    }

    private FileRead Release(int slot)
    {
        FileRead read = _reads[slot]!;
        _reads[slot] = null;
        read.Slot = -1;
        _free.Push(slot);
        return read;
    }

    /// <summary>Ends the thread, after the reads in flight.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }
        EventFd.Signal(_wakeUp);
        _thread?.Join();
        Unistd.Close(_wakeUp);
        NativeMemory.Free(_blocks);
        NativeMemory.Free(_list);
        NativeMemory.Free(_wakeUpValue);
    }
}
