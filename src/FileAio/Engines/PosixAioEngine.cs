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
    private readonly int _capacity;
    private readonly Libc.aiocb* _blocks;
    private readonly Libc.aiocb** _list;
    private readonly FileRead?[] _reads;
    private readonly Stack<int> _free;
    private readonly ulong* _bellValue;
    private readonly int _bell;
    private readonly Lock _gate = new();
    private readonly WaitingReads _waiting = new();
    private readonly CompletionQueue _completions = new();
    private readonly PostedWork _posted = new();
    private readonly Thread _thread;
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
        _thread = EngineThread.Start("aio posix", Run);
    }

    /// <summary>Sets the engine up; false, with the reason, where libc has no POSIX AIO in it (glibc before 2.34, musl).</summary>
    public static bool TryCreate(int requests, [NotNullWhen(true)] out PosixAioEngine? engine, out string reason)
    {
        engine = null;
        try
        {
            Libc.AioCancel(-1, null); // EBADF: all that is asked is whether the function is there
        }
        catch (EntryPointNotFoundException missing)
        {
            reason = missing.Message;
            return false;
        }
        SysResult bell = Libc.EventFd();
        reason = bell.Describe();
        if (bell.IsError)
        {
            return false;
        }

        engine = new PosixAioEngine((int)bell.Value, requests);
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
            Libc.EventFdSignal(_bell);
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
                    Libc.EventFdSignal(_bell);
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
        ListenForBell(bell);
        while (true)
        {
            HandOver();
            // The list may hold blocks that are done: aio_suspend then returns at once.
            int count = 1;
            _list[0] = bell;
            for (int slot = 0; slot < _capacity; slot++)
            {
                if (_reads[slot] is not null)
                {
                    _list[count++] = &_blocks[slot];
                }
            }
            Libc.AioSuspend(_list, count); // EINTR too only means: look
            if (Libc.AioError(bell) != Libc.EINPROGRESS)
            {
                Libc.AioReturn(bell);
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

                ListenForBell(bell);
            }
            Reap();
        }
    }

    private void ListenForBell(Libc.aiocb* bell)
    {
        *bell = new Libc.aiocb { aio_fildes = _bell, aio_buf = (nint)_bellValue, aio_nbytes = sizeof(ulong), sigev_notify = Libc.SIGEV_NONE };
        Libc.AioRead(bell).ThrowIfError("aio_read");
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
            if (_reads[slot] is not { } read || Libc.AioError(&_blocks[slot]) is var error && error == Libc.EINPROGRESS)
            {
                continue;
            }

            long returned = Libc.AioReturn(&_blocks[slot]);
            lock (_gate)
            {
                Release(slot);
            }

            _completions.Deliver(read, error == 0 ? new SysResult(returned) : SysResult.Error(error));
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
        Libc.EventFdSignal(_bell);
        _thread.Join();
        Libc.Close(_bell);
        NativeMemory.Free(_blocks);
        NativeMemory.Free(_list);
        NativeMemory.Free(_bellValue);
    }
}
