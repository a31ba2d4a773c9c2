using System.Diagnostics;
using System.Threading.Tasks.Sources;
using FileAio.Diagnostics;
using FileAio.Engines.Uring;
using FileAio.Interop;
using Shared.Uring.Interop;

namespace FileAio.Engines;

/// <summary>A read, reusable after it has completed. Engines read a response's file by these objects only.</summary>
internal sealed class FileRead : IValueTaskSource<SysResult>, IRingOperation
{
    private ManualResetValueTaskSourceCore<SysResult> _source;
    private readonly LinkedListNode<IRingOperation> _node;
    private IFileEngine? _engine, _acceptor;
    private int _place = -1, _lastPlace = -1, _reported;
    private SysResult _result;

    public FileRead() => _node = new LinkedListNode<IRingOperation>(this);

    public int Descriptor { get; private set; }

    public nint Buffer { get; private set; }

    public int Length { get; private set; }

    public long Offset { get; private set; }

    /// <summary>Whether the continuation runs on the engine thread; otherwise it runs on the thread pool.</summary>
    public bool IsInline { get; private set; }

    /// <summary>The index of the kernel's block of this read, set by the engine; −1 if there is none.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>True from <see cref="StartAsync"/> until the read has completed.</summary>
    public bool InFlight { get; private set; }

    /// <summary>When the read was submitted, in <see cref="Stopwatch"/> ticks. No two reads of one object have the same value.</summary>
    public long Started { get; private set; }

    /// <summary>Is told the result once, before the continuation runs. Set before the read starts.</summary>
    public IReadObserver? Observer { get; set; }

    public string EngineName => _engine?.Name ?? "";

    /// <summary>Whether the read was logged as overdue.</summary>
    public bool IsReported => Volatile.Read(ref _reported) != 0;

    /// <summary>Marks the read as logged. Returns true for the first caller.</summary>
    public bool TryReport() => Interlocked.Exchange(ref _reported, 1) == 0;

    /// <summary>
    /// Starts the read. The kernel uses the buffer until the returned task has completed, even if the client disconnects.
    /// </summary>
    public ValueTask<SysResult> StartAsync(IFileEngine engine, int descriptor, nint buffer, int length, long offset, bool inline = false)
    {
        Debug.Assert(!InFlight, "a read is started again before it has completed");
        _source.Reset();
        _engine = engine;
        Volatile.Write(ref _acceptor, engine);
        (Descriptor, Buffer, Length, Offset, IsInline) = (descriptor, buffer, length, offset, inline);
        InFlight = true;
        Started = Stopwatch.GetTimestamp();
        _reported = 0;
        _result = default;
        FileMetrics.ReadStarted();
        _place = engine.Reads.Add(this, _lastPlace);
        try
        {
            engine.Submit(this);
        }
        catch
        {
            // Submit throws only for a read that it has not accepted: the caller owns the buffer again.
            Withdraw();
            throw;
        }

        return new ValueTask<SysResult>(this, _source.Version);
    }

    /// <summary>Stores the result. Called by the engine; <see cref="Complete"/> publishes it.</summary>
    public void SetResult(SysResult result) => _result = result;

    /// <summary>Runs the continuation on the current thread.</summary>
    public void Complete()
    {
        Withdraw();
        if (Observer is { } observer)
        {
            Observer = null;
            observer.OnCompleted(_result);
        }

        _source.SetResult(_result);
    }

    /// <summary>Cancels the read. It must still be awaited.</summary>
    public void TryCancel()
    {
        if (InFlight)
        {
            Volatile.Read(ref _acceptor)!.TryCancel(this);
        }
    }

    /// <summary>Submits the read to another engine, which also cancels it. Called by the engine that has it and will not make it.</summary>
    public void PassTo(IFileEngine other)
    {
        Volatile.Write(ref _acceptor, other);
        other.Submit(this);
    }

    private void Withdraw()
    {
        if (_place >= 0)
        {
            _engine!.Reads.Remove(_place);
            _lastPlace = _place;
            _place = -1;
        }
        FileMetrics.ReadEnded(_engine!.Name, Started, _result);
        InFlight = false;
    }

    bool IRingOperation.IsOpen => false;

    LinkedListNode<IRingOperation> IRingOperation.Node => _node;

    IoUring.io_uring_sqe IRingOperation.Prepare() => FileSqe.Read(Descriptor, Buffer, Length, Offset);

    bool IRingOperation.Continue(SysResult result) => false;

    SysResult IValueTaskSource<SysResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<SysResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<SysResult>.OnCompleted(Action<object?> continuation, object? state, short token,
        ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
