using System.Diagnostics;
using System.Threading.Tasks.Sources;
using FileAio.Diagnostics;

namespace FileAio.Engines;

/// <summary>One read under way, reusable once it has completed. It is what an engine sees of a response.</summary>
internal sealed class FileRead : IValueTaskSource<SysResult>
{
    private ManualResetValueTaskSourceCore<SysResult> _source;
    private IFileEngine? _engine;
    private int _place = -1, _lastPlace = -1, _reported;
    private SysResult _result;

    public int Descriptor { get; private set; }

    public nint Buffer { get; private set; }

    public int Length { get; private set; }

    public long Offset { get; private set; }

    /// <summary>Whoever waits goes on on the engine's thread. Else on the thread pool's.</summary>
    public bool IsInline { get; private set; }

    /// <summary>The engine's own: where it keeps the kernel's block of this read. −1 while the kernel has none.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>True from <see cref="StartAsync"/> until the read has completed.</summary>
    public bool InFlight { get; private set; }

    /// <summary>When it was submitted, in <see cref="Stopwatch"/>'s ticks: no two reads of one object have the same.</summary>
    public long Started { get; private set; }

    public string EngineName => _engine?.Name ?? "";

    /// <summary>It was told of as taking too long.</summary>
    public bool IsReported => Volatile.Read(ref _reported) != 0;

    /// <summary>True for the first who tells of it.</summary>
    public bool TryReport() => Interlocked.Exchange(ref _reported, 1) == 0;

    /// <summary>
    /// Starts the read. The buffer belongs to the kernel until the returned task has completed, whatever happens to the client.
    /// </summary>
    public ValueTask<SysResult> StartAsync(IFileEngine engine, int descriptor, nint buffer, int length, long offset, bool inline = false)
    {
        Debug.Assert(!InFlight, "a read is started again before it has completed");
        _source.Reset();
        _engine = engine;
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
            // Submit throws only what it has not taken: the buffer is the caller's again.
            Withdraw();
            throw;
        }

        return new ValueTask<SysResult>(this, _source.Version);
    }

    /// <summary>Engine's side: notes the result. <see cref="Complete"/> tells it.</summary>
    public void SetResult(SysResult result) => _result = result;

    /// <summary>Tells whoever waits, on this very thread.</summary>
    public void Complete()
    {
        Withdraw();
        _source.SetResult(_result);
    }

    /// <summary>Gives up a read that nobody wants any more; it must still be awaited.</summary>
    public void TryCancel()
    {
        if (InFlight)
        {
            _engine!.TryCancel(this);
        }
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

    SysResult IValueTaskSource<SysResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<SysResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<SysResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
