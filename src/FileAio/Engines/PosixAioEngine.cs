using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using FileAio.Interop;

namespace FileAio.Engines;

/// <summary>
/// POSIX AIO as glibc has it: aio_read, lio_listio, aio_suspend, aio_error, aio_return, aio_cancel. The third way of the three, here to be
/// compared.
/// <para>a. The reads are preads on glibc's own threads, 20 at most, under one lock; each block must stay where it is until its read is
/// done.</para>
/// <para>b. Reads of one descriptor number run one after the other. Responses that share a cached file therefore wait for each
/// other.</para>
/// <para>c. Nothing but a signal or a completion wakes aio_suspend: so a read of an eventfd is always in its list, as the bell; it takes
/// one of the 20 threads.</para>
/// <para>d. aio_cancel takes back only what no thread has begun.</para>
/// One thread submits, waits and reaps.
/// </summary>
internal sealed unsafe class PosixAioEngine : IFileEngine
{
    // A guess: until glibc can start a thread again.
    private static readonly TimeSpan WithoutBell = TimeSpan.FromMilliseconds(5);

    // A guess: longer than a disk takes, shorter than a client minds.
    private static readonly TimeSpan ReadsWait = TimeSpan.FromMilliseconds(200);

    private readonly int _capacity;
    private readonly Libc.aiocb* _blocks;
    private readonly Libc.aiocb** _list;
    private readonly FileRead?[] _reads;
    private readonly Stack<int> _free;
    private readonly ulong* _bellValue;
    private readonly int _bell;
    private readonly Lock _gate = new();
    private readonly WaitingQueue<FileRead> _waiting = new();
    private readonly CompletionQueue _completions = new();
    private readonly PostedWork _posted = new();
    private Thread? _thread;
    private bool _rung, _disposed;

    private PosixAioEngine(int bell, int requests)
    {
        _capacity = requests;
        _bell = bell;
        // SAFETY: native memory, freed after the thread has ended and every read with it. Block [requests] is the bell's.
        _blocks = (Libc.aiocb*)NativeMemory.AllocZeroed((nuint)requests + 1, (nuint)sizeof(Libc.aiocb));
        _list = (Libc.aiocb**)NativeMemory.AllocZeroed((nuint)requests + 1, (nuint)sizeof(Libc.aiocb*));
        _bellValue = (ulong*)NativeMemory.AllocZeroed(sizeof(ulong));
        _reads = new FileRead?[requests];
        _free = new Stack<int>(Enumerable.Range(0, requests));
    }

    /// <summary>
    /// Sets the engine up; false, with the reason, where libc has no POSIX AIO in it (glibc before 2.34, musl), or its thread cannot be
    /// started.
    /// </summary>
    public static bool TryCreate(
        int requests, [NotNullWhen(true)] out PosixAioEngine? engine, out string reason, ThreadStarter? start = null)
    {
        engine = null;
        try
        {
            Libc.GnuVersion(); // musl has the functions too, but a struct aiocb of its own
            Libc.AioCancel(-1, null); // EBADF: all that is asked is whether the function is there
        }
        catch (EntryPointNotFoundException missing)
        {
            reason = missing.Message;
            return false;
        }
        SysResult bell = EventFd.Create(0);
        reason = bell.Describe();
        if (bell.IsError)
        {
            return false;
        }

        PosixAioEngine made = new PosixAioEngine((int)bell.Value, requests);
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

    public InFlightReads Reads { get; } = new();

    public void Submit(FileRead read)
    {
        bool ring;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _waiting.Append(read);
            ring = !_rung;
            _rung = true;
        }
        if (ring)
        {
            EventFd.Signal(_bell);
        }
    }

    public void TryCancel(FileRead read)
    {
        bool waiting;
        lock (_gate)
        {
            waiting = _waiting.Remove(read);
            if (!waiting && read.Slot >= 0)
            {
                Libc.AioCancel(read.Descriptor, &_blocks[read.Slot]); // the thread reaps it as −ECANCELED
            }
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
                if (!_rung)
                {
                    EventFd.Signal(_bell);
                }

                _rung = true;
                return;
            }
        }
        OffEngine.PostToPool(work, state);
    }

    private void Run()
    {
        Libc.aiocb* bell = &_blocks[_capacity];
        bool listening = TryListenForBell(bell);
        while (true)
        {
            HandOver();
            // The list may hold blocks that are done: aio_suspend then returns at once.
            int count = 0;
            if (listening)
            {
                _list[count++] = bell;
            }

            for (int slot = 0; slot < _capacity; slot++)
            {
                if (_reads[slot] is not null)
                {
                    _list[count++] = &_blocks[slot];
                }
            }
            // EINTR too only means: look. Without the bell, nobody can wake this thread.
            if (!listening)
            {
                Thread.Sleep(WithoutBell);
            }
            else if (Libc.AioSuspend(_list, count, count > 1 ? ReadsWait : Timeout.InfiniteTimeSpan).Errno == Errno.EAGAIN)
            {
                // Where glibc could start no thread for these reads, they are queued behind the bell's: end that.
                EventFd.Signal(_bell);
            }

            if (!listening || Libc.AioError(bell) != Errno.EINPROGRESS)
            {
                if (listening)
                {
                    Libc.AioReturn(bell);
                }

                bool ended;
                lock (_gate)
                {
                    _rung = false;
                    _posted.Take();
                    ended = _disposed;
                }
                _posted.Run();
                if (ended)
                {
                    return;
                }

                listening = TryListenForBell(bell);
            }
            Reap();
        }
    }

    /// <summary>False where glibc can start no thread for it (EAGAIN).</summary>
    private bool TryListenForBell(Libc.aiocb* bell)
    {
        *bell = new Libc.aiocb { aio_fildes = _bell, aio_buf = (nint)_bellValue, aio_nbytes = sizeof(ulong), sigev_notify = Libc.SIGEV_NONE };
        return !Libc.AioRead(bell).IsError;
    }

    private void HandOver()
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
                    __error_code = Errno.EAGAIN, // lio_listio leaves it as it is where it has no memory for a block; else it becomes EINPROGRESS
                };
                _list[count++] = &_blocks[slot];
            }
            // Under the lock, so that nobody cancels a block that glibc does not know yet. A block that could not be queued tells it in its
            // own aio_error.
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

    /// <summary>Ends the thread. Reads must have completed before.</summary>
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
        EventFd.Signal(_bell);
        _thread?.Join();
        Unistd.Close(_bell);
        NativeMemory.Free(_blocks);
        NativeMemory.Free(_list);
        NativeMemory.Free(_bellValue);
    }
}
