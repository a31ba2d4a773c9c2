using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using FileAio.Interop;
using FileAio.Threads;

namespace FileAio.Engines.KernelAio;

/// <summary>
/// One kernel AIO context: io_setup, io_submit, io_getevents, io_cancel, io_destroy. It has no thread: an engine decides which thread
/// submits and which reaps completions.
/// </summary>
/// <remarks>
/// <para>a. io_submit is asynchronous only with O_DIRECT; on a buffered descriptor it reads synchronously. Only direct descriptors are used
/// here.</para>
/// <para>b. Even then it blocks: on dirty pages in the range (5–7 ms), on an extent tree that is not yet read, above the device's queue
/// depth (3.5 ms at 300 in flight). So reads in flight are limited, and a thread that must not block uses
/// <see cref="TrySubmitWaiting"/>.</para>
/// <para>c. io_setup counts against fs.aio-max-nr, system-wide, and io_destroy takes about 40 ms even when idle. A context therefore lives
/// as long as its engine.</para>
/// <para>d. Errors of a read (alignment, EIO) are in its event, not returned by io_submit. io_submit stops at the first block that it
/// refuses.</para>
/// <para>e. io_cancel returns EINVAL for every read of a file. Reads complete, and the kernel uses the buffer until then.</para>
/// <para>f. io_getevents waits only for completions. So each block names an eventfd (IOCB_FLAG_RESFD, 2.6.22) that a completion
/// signals.</para>
/// </remarks>
internal sealed class AioContext : IKernelQueue
{
    private const int LeastRequests = 16;

    // Normal is 3 µs per read, for at most 64 reads; a blocking call takes 5 ms. A guess between the two.
    private static readonly TimeSpan SlowHandOver = TimeSpan.FromMilliseconds(2);

    // A tenth of a second, in Stopwatch ticks: submission is retried after that. A guess: a few hundred reads per slow one.
    private static readonly long SlowFor = Stopwatch.Frequency / 10;

    private readonly nint _context;
    private readonly IocbTable _table;
    private readonly WaitingQueue<FileRead> _waiting = new();
    private readonly IFileEngine _fallback;
    private readonly Action<FileRead, SysResult> _refuse;
    private long _slowUntil;

    private AioContext(nint context, int requests, int eventFd, IFileEngine fallback, Action<FileRead, SysResult> refuse) =>
        (_context, _table, _fallback, _refuse) = (context, new IocbTable(requests, eventFd), fallback, refuse);

    /// <summary>Protects the waiting reads, the table, and the state of the engine.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The maximum number of reads in flight.</summary>
    public int Requests => _table.Capacity;

    /// <summary>Whether no read waits or is in flight. Requires <see cref="Gate"/>.</summary>
    public bool IsIdle => _table.InFlight == 0 && _waiting.Count == 0;

    /// <summary>Whether completions are available. Read from the ring at the context's address, without a system call.</summary>
    public bool HasCompletions => Libc.HasEvents(_context);

    /// <summary>
    /// Creates a context for <paramref name="requests"/> reads in flight, or for fewer (at least 16) if fs.aio-max-nr is nearly reached.
    /// </summary>
    /// <param name="requests">The maximum number of reads in flight.</param>
    /// <param name="eventFd">The eventfd that completions signal.</param>
    /// <param name="fallback">The engine for reads that the kernel cannot queue.</param>
    /// <param name="refuse">Completes a read that io_submit has refused.</param>
    /// <param name="made">The context.</param>
    /// <param name="refusal">The failed call, if there is no context.</param>
    public static bool TryCreate(
        int requests, int eventFd, IFileEngine fallback, Action<FileRead, SysResult> refuse, [NotNullWhen(true)] out AioContext? made,
        out EngineRefusal refusal)
    {
        SysResult reason;
        nint context;
        while ((reason = Libc.IoSetup(requests, out context)).WouldBlock && requests > LeastRequests)
        {
            requests = Math.Max(LeastRequests, requests / 2);
        }

        refusal = new EngineRefusal("io_setup", reason);
        made = reason.IsError ? null : new AioContext(context, requests, eventFd, fallback, refuse);
        return made is not null;
    }

    /// <summary>Queues a read for <see cref="SubmitWaiting"/>. Requires <see cref="Gate"/>.</summary>
    public void Add(FileRead read) => _waiting.Append(read);

    /// <summary>Cancels a read. Returns true if it was not submitted; the caller then completes it. Otherwise calls io_cancel.</summary>
    public bool TryWithdraw(FileRead read)
    {
        lock (Gate)
        {
            bool waiting = _waiting.Remove(read);
            if (!waiting && read.Slot >= 0)
            {
                _table.Cancel(_context, read.Slot);
            }

            return waiting;
        }
    }

    /// <summary>
    /// Submits the waiting reads, for a thread that must not block. Does nothing if io_submit was slow recently (dirty pages, an extent
    /// tree that is not in memory).
    /// </summary>
    /// <returns>False if another thread has to call <see cref="SubmitWaiting"/>.</returns>
    public bool TrySubmitWaiting()
    {
        long now = Stopwatch.GetTimestamp();
        if (now < Volatile.Read(ref _slowUntil))
        {
            lock (Gate)
            {
                return _waiting.Count == 0;
            }
        }

        SubmitWaiting();
        if (Stopwatch.GetElapsedTime(now) > SlowHandOver)
        {
            Volatile.Write(ref _slowUntil, Stopwatch.GetTimestamp() + SlowFor);
        }

        return true;
    }

    /// <summary>Submits the waiting reads as far as there is room; completions make more. Any thread may call it. It may block.</summary>
    public void SubmitWaiting()
    {
        Span<int> slots = stackalloc int[IocbTable.Batch];
        while (true)
        {
            int count = 0;
            lock (Gate)
            {
                while (count < slots.Length && _table.HasRoom && _waiting.TryTake(out FileRead? read))
                {
                    slots[count++] = _table.Prepare(read);
                }
            }
            if (count == 0 || !SubmitAll(slots[..count]))
            {
                return;
            }
        }
    }

    /// <summary>Reaps completions. Only one thread at a time.</summary>
    /// <param name="most">The maximum number of completions, up to 64.</param>
    /// <param name="wait">How long to wait for the first; zero for not at all.</param>
    /// <param name="deliver">Called for each completion.</param>
    /// <returns>The number of completions.</returns>
    public unsafe int Reap(int most, TimeSpan wait, Action<FileRead, SysResult> deliver)
    {
        Libc.io_event* events = stackalloc Libc.io_event[IocbTable.Batch];
        int got = (int)Libc.IoGetEvents(_context, wait > TimeSpan.Zero ? 1 : 0, most, events, wait).ThrowIfError("io_getevents");
        for (int i = 0; i < got; i++)
        {
            deliver(TakeBack((int)events[i].data), new SysResult((nint)events[i].res));
        }

        return got;
    }

    /// <summary>Destroys the context. No read waits or is in flight, and no thread uses it any more.</summary>
    public void Dispose()
    {
        Libc.IoDestroy(_context);
        _table.Dispose();
    }

    /// <summary>Submits one batch. Returns false if the kernel's queue is full.</summary>
    private bool SubmitAll(Span<int> slots)
    {
        while (slots.Length > 0)
        {
            SysResult accepted = _table.Submit(_context, slots);
            if (!accepted.IsError && accepted.Value > 0)
            {
                slots = slots[(int)accepted.Value..];
            }
            else if (accepted.Value is 0 or -Errno.EAGAIN)
            {
                Requeue(slots);
                return false;
            }
            else
            {
                // The error belongs to the first block only: complete it with the error, and continue with the rest.
                _refuse(TakeBack(slots[0]), accepted);
                slots = slots[1..];
            }
        }
        return true;
    }

    /// <summary>
    /// Handles a full kernel queue. If reads are in flight, the others wait for their completions, in order. Otherwise no completion would
    /// resume them, so the fallback reads them. That includes reads that another thread has queued again meanwhile, because it relied on
    /// these completions.
    /// </summary>
    private void Requeue(Span<int> slots)
    {
        List<FileRead> reads;
        lock (Gate)
        {
            for (int i = slots.Length - 1; i >= 0; i--)
            {
                _waiting.Prepend(_table.Release(slots[i]));
            }

            if (_table.InFlight > 0)
            {
                return;
            }

            reads = _waiting.TakeAll();
        }

        foreach (FileRead read in reads)
        {
            _fallback.Submit(read);
        }
    }

    private FileRead TakeBack(int slot)
    {
        lock (Gate)
        {
            return _table.Release(slot);
        }
    }
}
