using System.Diagnostics.CodeAnalysis;
using Shared.Threads;

namespace Transport.Core.Scheduling.Threads;

/// <summary>
/// Starts threads for loops, which never start one themselves: clone(2) takes 30 µs and more, and may fail. It has a thread of its own,
/// one in the process, from the first loop's start to the last loop's end.
/// </summary>
/// <remarks>
/// When a thread cannot be started (RLIMIT_NPROC, <see cref="PidsLimit"/>, memory), <see cref="ThreadReserve"/> gives its threads up,
/// <see cref="ThreadPoolCap"/> keeps the thread pool from growing into more than those, and no other thread is started for a while. A
/// thread is started only beside a full reserve, so the runtime has room for its own. When Thread.Start does not return, which has been
/// seen once, that start has failed too, and another <see cref="StarterThread"/> goes on.
/// </remarks>
/// <param name="start">Starts a thread.</param>
/// <param name="patience">How long a start may take, in milliseconds. The default is a guess: a start takes 0.1 ms.</param>
/// <param name="limit">The cgroup's limit; null for none.</param>
internal sealed class ThreadStarter(Action<Thread> start, int patience = 2000, PidsLimit? limit = null)
{
    /// <summary>After a failure; doubled with each in a row, up to <see cref="MaxRetryMilliseconds"/>. A guess.</summary>
    public const int MinRetryMilliseconds = 500;

    public const int MaxRetryMilliseconds = 8000;

    private readonly Queue<IStartable> _requested = new();
    private readonly ThreadPoolCap _poolCap = new();
    private Timer? _watch;
    private StarterThread? _current;
    private bool _isCurrentStarted;
    private StartAttempt? _attempt;
    private long _attemptedAt;
    private int _users;
    private int _retryMilliseconds;
    private long _noStartBefore;

    /// <summary>The one of the process.</summary>
    public static ThreadStarter Shared { get; } = new(static thread => thread.UnsafeStart(), limit: PidsLimit.OfProcess);

    /// <summary>The limit below which a start is not tried.</summary>
    public PidsLimit? Limit => limit;

    /// <summary>Whether a request now is worth making: false for a while after a thread could not be started. Any thread.</summary>
    public bool CanStart => Environment.TickCount64 >= Volatile.Read(ref _noStartBefore);

    /// <summary>Why the last start has failed.</summary>
    public string LastFailure { get; private set; } = "";

    /// <summary>A loop is about to start. Not on a loop's thread.</summary>
    /// <exception cref="OutOfMemoryException">No thread can be started now.</exception>
    public void Acquire()
    {
        lock (_requested)
        {
            if (_current is null)
            {
                // The runtime starts its timer thread with the first timer: now, and not when no thread can be had any more.
                _watch ??= new Timer(
                    static starter => ((ThreadStarter)starter!).Check(), this, TimeSpan.FromDays(1), Timeout.InfiniteTimeSpan);
                StarterThread first = new(this, start);
                first.Start();
                (_current, _isCurrentStarted) = (first, true);
            }

            _users++;
        }
    }

    /// <summary>A loop has ended.</summary>
    public void Release()
    {
        lock (_requested)
        {
            _users--;
            Monitor.Pulse(_requested);
        }
    }

    /// <summary>Has a thread started soon. Any thread, between <see cref="Acquire"/> and <see cref="Release"/>.</summary>
    public void Request(IStartable startable)
    {
        lock (_requested)
        {
            _requested.Enqueue(startable);
            Monitor.Pulse(_requested);
        }
    }

    /// <summary>Waits for the next request.</summary>
    /// <returns>False when the calling thread is to end.</returns>
    public bool TryNext([NotNullWhen(true)] out IStartable? requested)
    {
        lock (_requested)
        {
            while (!_requested.TryDequeue(out requested))
            {
                if (_users == 0)
                {
                    _poolCap.Remove();
                    _current = null;
                    return false;
                }

                Monitor.Wait(_requested);
            }

            return true;
        }
    }

    /// <summary>The current starter begins to start a thread, which it has to end within the time allowed.</summary>
    public void Begin(StartAttempt attempt)
    {
        lock (_requested)
        {
            (_attempt, _attemptedAt) = (attempt, Environment.TickCount64);
            _watch!.Change(patience, Timeout.Infinite);
        }
    }

    /// <summary>Thread.Start has returned.</summary>
    /// <param name="attempt">The argument of <see cref="Begin"/>.</param>
    /// <param name="failure">The message of its exception, or null.</param>
    /// <returns>False if it was too late: another starter has gone on, and the calling thread is to end.</returns>
    public bool TryEnd(StartAttempt attempt, string? failure)
    {
        lock (_requested)
        {
            if (_attempt != attempt)
            {
                return false;
            }

            _attempt = null;
            _watch!.Change(Timeout.Infinite, Timeout.Infinite);
        }

        // Outside the lock, and still the current starter's alone: only an attempt can be too late.
        if (failure is null)
        {
            _retryMilliseconds = 0;
            _poolCap.Remove();
        }
        else
        {
            Fail(failure);
        }

        return true;
    }

    private void Fail(string reason)
    {
        // The other half of the reserve is for what else the runtime starts.
        _poolCap.Apply(ThreadReserve.Size / 2);
        LastFailure = reason;
        _retryMilliseconds = Math.Clamp(_retryMilliseconds * 2, MinRetryMilliseconds, MaxRetryMilliseconds);
        Volatile.Write(ref _noStartBefore, Environment.TickCount64 + _retryMilliseconds);
    }

    /// <summary>If the current starter is inside Thread.Start for too long, another takes over. On the thread pool.</summary>
    private void Check()
    {
        StartAttempt? late = null;
        StarterThread? next = null;
        lock (_requested)
        {
            if (_attempt is not null && Environment.TickCount64 - _attemptedAt >= patience / 2)
            {
                (late, _attempt) = (_attempt, null);
                (_current, _isCurrentStarted) = (new StarterThread(this, start), false);
                Fail($"Thread.Start has not returned within {patience} ms");
            }

            if (!_isCurrentStarted)
            {
                _isCurrentStarted = true;
                next = _current;
            }
        }

        late?.Fail(LastFailure);
        try
        {
            next?.Start();
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            lock (_requested)
            {
                _isCurrentStarted = false;
                _watch!.Change(MaxRetryMilliseconds, Timeout.Infinite);
            }
        }
    }
}
