using System.Diagnostics.CodeAnalysis;
using FileAio.Interop;

namespace FileAio.Engines;

/// <summary>
/// Kernel AIO: io_setup, io_submit, io_getevents, io_cancel, io_destroy.
/// <para>a. io_submit is asynchronous for O_DIRECT only; on a buffered descriptor it reads then and there. Only direct descriptors come here.</para>
/// <para>b. Even then it blocks: on dirty pages in the range (5–7 ms), on an extent tree not yet read, past the device's queue (3.5 ms at 300 in flight).
/// So it runs on threads that own no socket (the pool's, or this engine's submitter), and reads in flight are bounded.</para>
/// <para>c. io_setup counts against fs.aio-max-nr, system-wide, and io_destroy takes some 40 ms even when idle: one context, for the life of the process.</para>
/// <para>d. What is wrong with a read (alignment, EIO) comes in its event, not from io_submit. io_submit stops at the first block that it refuses.</para>
/// <para>e. io_cancel answers EINVAL for every read of a file: they complete, and until then the buffer is the kernel's.</para>
/// </summary>
internal sealed class LinuxAioEngine : IFileEngine
{
    private const int LeastRequests = 16;

    private readonly nint _context;
    private readonly IocbTable _table;
    private readonly Lock _gate = new();
    private readonly WaitingReads _waiting = new();
    private readonly IFileEngine _fallback;
    private readonly CompletionQueue _completions;
    private readonly SemaphoreSlim _bell = new(0);
    private readonly Thread _submitter, _reaper;
    private bool _disposed;

    private LinuxAioEngine(nint context, int requests, IFileEngine fallback, bool inline)
    {
        _context = context;
        _table = new IocbTable(requests);
        _fallback = fallback;
        _completions = new CompletionQueue(inline, HandOver);
        _submitter = EngineThread.Start("aio submit", SubmitLoop);
        _reaper = EngineThread.Start("aio reap", ReapLoop);
    }

    /// <summary>Sets the engine up with room for <paramref name="requests"/> reads in flight, or for fewer (not under 16) where fs.aio-max-nr is nearly used up.</summary>
    /// <param name="requests">Reads in flight at most.</param>
    /// <param name="fallback">Takes the reads that the kernel cannot queue. Not disposed with this engine.</param>
    /// <param name="inline">Continue readers on the reaping thread.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="reason">What the kernel said where it refuses.</param>
    public static bool TryCreate(int requests, IFileEngine fallback, bool inline, [NotNullWhen(true)] out LinuxAioEngine? engine, out SysResult reason)
    {
        engine = null;
        nint context;
        while ((reason = Libc.IoSetup(requests, out context)).Value == -Errno.EAGAIN && requests > LeastRequests)
            requests = Math.Max(LeastRequests, requests / 2);
        if (reason.IsError)
            return false;
        engine = new LinuxAioEngine(context, requests, fallback, inline);
        return true;
    }

    public string Name => "linux-aio";

    public InFlightReads Reads { get; } = new();

    /// <summary>The most reads that the kernel holds at a time.</summary>
    public int Requests => _table.Capacity;

    public void Submit(FileRead read)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _waiting.Append(read);
        }
        if (_completions.IsDraining)
            return; // HandOver follows
        if (Thread.CurrentThread.IsThreadPoolThread)
            HandOver();
        else
            _bell.Release();
    }

    public void TryCancel(FileRead read)
    {
        bool waiting;
        lock (_gate)
        {
            waiting = _waiting.Remove(read);
            if (!waiting && read.Slot >= 0)
                _table.Cancel(_context, read.Slot);
        }
        if (waiting)
            Finish(read, SysResult.Error(Errno.ECANCELED));
    }

    private void SubmitLoop()
    {
        while (true)
        {
            _bell.Wait();
            if (Volatile.Read(ref _disposed))
                return;
            HandOver();
        }
    }

    /// <summary>Hands what waits to the kernel, as far as there is room; completions make more.</summary>
    private void HandOver()
    {
        Span<int> slots = stackalloc int[IocbTable.Batch];
        while (true)
        {
            var count = 0;
            lock (_gate)
            {
                while (count < slots.Length && _table.HasRoom && _waiting.TryTake(out var read))
                    slots[count++] = _table.Prepare(read);
            }
            if (count == 0)
                return;
            if (!SubmitAll(slots[..count]))
                return;
        }
    }

    /// <summary>False where the kernel takes no more for now.</summary>
    private bool SubmitAll(Span<int> slots)
    {
        while (slots.Length > 0)
        {
            var accepted = _table.Submit(_context, slots);
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
                Finish(TakeBack(slots[0]), accepted);
                slots = slots[1..];
            }
        }
        return true;
    }

    /// <summary>The kernel is full. Where completions will make room the reads wait for it, in their order; else nobody would wake them, and the fallback reads.</summary>
    private void GiveBack(Span<int> slots)
    {
        var reads = new FileRead[slots.Length];
        bool othersInFlight;
        lock (_gate)
        {
            for (var i = 0; i < slots.Length; i++)
                reads[i] = _table.Release(slots[i]);
            othersInFlight = _table.InFlight > 0;
            if (othersInFlight)
            {
                for (var i = reads.Length - 1; i >= 0; i--)
                    _waiting.Prepend(reads[i]);
            }
        }
        if (othersInFlight)
            return;
        foreach (var read in reads)
            _fallback.Submit(read);
    }

    private FileRead TakeBack(int slot)
    {
        lock (_gate)
            return _table.Release(slot);
    }

    private unsafe void ReapLoop()
    {
        var events = stackalloc Libc.io_event[IocbTable.Batch];
        while (true)
        {
            var got = Libc.IoGetEvents(_context, 1, IocbTable.Batch, events);
            if (got.IsError)
            {
                if (Volatile.Read(ref _disposed))
                    return;
                got.ThrowIfError("io_getevents");
            }
            for (var i = 0; i < got.Value; i++)
            {
                var read = TakeBack((int)events[i].data);
                _completions.Add(read, new SysResult(events[i].res));
            }
            _completions.Ring();
            // With the pool slow to start, the room just made is not left empty.
            HandOver();
        }
    }

    private void Finish(FileRead read, SysResult result)
    {
        _completions.Add(read, result);
        _completions.Ring();
    }

    /// <summary>Ends the context. The kernel waits for the reads in flight; nobody may submit any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }
        _bell.Release();
        _submitter.Join();
        Libc.IoDestroy(_context);
        _reaper.Join();
        _table.Dispose();
    }
}
