using System.IO.Pipelines;
using FileAio.Threads;
using Transport.Core;

namespace FileAio.Tests.Support;

/// <summary>An event loop without sockets: it runs posted work and sources on a thread of its own.</summary>
internal sealed class TestLoop : IEventLoopFeature, IDisposable
{
    private readonly int _eventFd = (int)EventFd.Create(0).ThrowIfError("eventfd");
    private readonly Lock _gate = new();
    private readonly List<IEventLoopSource> _sources = [];
    private readonly Thread _thread;
    private List<(Action<object?> Action, object? State)> _posted = [];
    private int _refusals;
    private bool _ending, _closed;

    /// <param name="refusals">How many sources it refuses first, as a loop does at the descriptor limit.</param>
    public TestLoop(int refusals = 0)
    {
        _refusals = refusals;
        _thread = EngineThread.TryStart("test loop", Run)!;
    }

    public PipeScheduler Application => PipeScheduler.ThreadPool;

    /// <summary>How many sources it has accepted.</summary>
    public int Attached { get; private set; }

    public bool TryPost(Action<object?> action, object? state)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            _posted.Add((action, state));
        }

        EventFd.Signal(_eventFd);
        return true;
    }

    public bool TryAttach(IEventLoopSource source, out int wakeUp)
    {
        wakeUp = -1;
        if (Interlocked.Decrement(ref _refusals) >= 0)
        {
            return false;
        }

        Attached++;
        wakeUp = (int)SysResult.From(Fcntl.fcntl(_eventFd, Fcntl.F_DUPFD_CLOEXEC, 0)).ThrowIfError("fcntl");
        return TryPost(_ => _sources.Add(source), null);
    }

    /// <summary>Ends the loop, and its thread at once, after the work that was posted.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ending = true;
        }

        EventFd.Signal(_eventFd);
    }

    public void Dispose()
    {
        End();
        _thread.Join();
        Unistd.Close(_eventFd);
    }

    private void Run()
    {
        while (true)
        {
            EventFd.Drain(_eventFd).ThrowIfError("read");
            while (Take() is { Count: > 0 } posted)
            {
                posted.ForEach(static item => item.Action(item.State));
            }

            _sources.RemoveAll(static source => !source.OnIteration());
            lock (_gate)
            {
                _closed = _ending && _posted.Count == 0;
                if (_closed)
                {
                    break;
                }
            }
        }

        _sources.ForEach(static source => source.OnLoopEnded());
    }

    private List<(Action<object?> Action, object? State)> Take()
    {
        lock (_gate)
        {
            (List<(Action<object?> Action, object? State)> taken, _posted) = (_posted, []);
            return taken;
        }
    }
}
