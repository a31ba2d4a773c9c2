using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using FileAio.Interop;

namespace FileAio.Engines;

/// <summary>
/// One context of kernel AIO: io_setup, io_submit, io_getevents, io_cancel, io_destroy. It has no thread: an engine decides which thread
/// submits and which takes completions.
/// <para>a. io_submit is asynchronous for O_DIRECT only; on a buffered descriptor it reads then and there. Only direct descriptors come
/// here.</para>
/// <para>b. Even then it blocks: on dirty pages in the range (5–7 ms), on an extent tree not yet read, past the device's queue (3.5 ms at
/// 300 in flight). So reads in flight are bounded, and a thread that must not block uses <see cref="TryHandOver"/>.</para>
/// <para>c. io_setup counts against fs.aio-max-nr, system-wide, and io_destroy takes some 40 ms even when idle: a context lives as long as
/// its engine.</para>
/// <para>d. What is wrong with a read (alignment, EIO) comes in its event, not from io_submit. io_submit stops at the first block that it
/// refuses.</para>
/// <para>e. io_cancel answers EINVAL for every read of a file: they complete, and until then the buffer is the kernel's.</para>
/// <para>f. io_getevents waits for completions and for nothing else. So each block names an eventfd (IOCB_FLAG_RESFD, 2.6.22) which a
/// completion signals.</para>
/// </summary>
internal sealed class AioContext : IDisposable
{
    private const int LeastRequests = 16;

    // Normal is 3 µs a read, and 64 at most; what blocks takes 5 ms. A guess between the two.
    private static readonly TimeSpan SlowHandOver = TimeSpan.FromMilliseconds(2);

    // A tenth of a second, in Stopwatch's ticks. A guess: some hundred reads of one that is slow, after which it is tried again.
    private static readonly long SlowFor = Stopwatch.Frequency / 10;

    private readonly nint _context;
    private readonly IocbTable _table;
    private readonly WaitingQueue<FileRead> _waiting = new();
    private readonly IFileEngine _fallback;
    private readonly Action<FileRead, SysResult> _refuse;
    private long _slowUntil;

    private AioContext(nint context, int requests, int eventFd, IFileEngine fallback, Action<FileRead, SysResult> refuse) =>
        (_context, _table, _fallback, _refuse) = (context, new IocbTable(requests, eventFd), fallback, refuse);

    /// <summary>Protects the reads that wait and the table; its engine's state too.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The most reads that the kernel holds at a time.</summary>
    public int Requests => _table.Capacity;

    /// <summary>No read waits or is in flight. Under <see cref="Gate"/>.</summary>
    public bool IsIdle => _table.InFlight == 0 && _waiting.Count == 0;

    /// <summary>Completions are there to be taken: read from the ring that the context's address is, without a system call.</summary>
    public bool HasCompletions => Libc.HasEvents(_context);

    /// <summary>
    /// Sets a context up with room for <paramref name="requests"/> reads in flight, or for fewer (not under 16) where fs.aio-max-nr is
    /// nearly used up.
    /// </summary>
    /// <param name="requests">Reads in flight at most.</param>
    /// <param name="eventFd">What completions signal.</param>
    /// <param name="fallback">Takes the reads that the kernel cannot queue.</param>
    /// <param name="refuse">Completes a read that io_submit has refused.</param>
    /// <param name="made">The context.</param>
    /// <param name="refusal">What failed where there is none.</param>
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

    /// <summary>Queues a read for <see cref="HandOver"/>. Under <see cref="Gate"/>.</summary>
    public void Add(FileRead read) => _waiting.Append(read);

    /// <summary>True where the read had not been submitted: it is the caller's to complete. Else the kernel is asked.</summary>
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
    /// For a thread that must not block: submits what waits, unless io_submit has lately been slow (dirty pages, an extent tree not in
    /// memory).
    /// </summary>
    /// <returns>False when another thread has to call <see cref="HandOver"/>.</returns>
    public bool TryHandOver()
    {
        long now = Stopwatch.GetTimestamp();
        if (now < Volatile.Read(ref _slowUntil))
        {
            lock (Gate)
            {
                return _waiting.Count == 0;
            }
        }

        HandOver();
        if (Stopwatch.GetElapsedTime(now) > SlowHandOver)
        {
            Volatile.Write(ref _slowUntil, Stopwatch.GetTimestamp() + SlowFor);
        }

        return true;
    }

    /// <summary>Submits what waits, as far as there is room; completions make more. Any thread; it may block.</summary>
    public void HandOver()
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

    /// <summary>Takes completions. One thread at a time.</summary>
    /// <param name="most">As many at most; 64 at most.</param>
    /// <param name="wait">How long to wait for the first; zero for not at all.</param>
    /// <param name="deliver">Called for each.</param>
    /// <returns>How many there were.</returns>
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

    /// <summary>Destroys the context. Nothing waits, nothing is in flight, and no thread will call it any more.</summary>
    public void Dispose()
    {
        Libc.IoDestroy(_context);
        _table.Dispose();
    }

    /// <summary>False where the kernel takes no more for now.</summary>
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
                GiveBack(slots);
                return false;
            }
            else
            {
                // The error is the first block's alone: fail it, and go on with the rest.
                _refuse(TakeBack(slots[0]), accepted);
                slots = slots[1..];
            }
        }
        return true;
    }

    /// <summary>
    /// The kernel is full. Where completions will make room the reads wait for it, in their order; else nobody would wake them, and the
    /// fallback reads. So does what another thread has given back meanwhile: it counted on completions of these.
    /// </summary>
    private void GiveBack(Span<int> slots)
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
