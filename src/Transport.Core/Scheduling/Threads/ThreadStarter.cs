using System.Diagnostics.CodeAnalysis;

namespace Transport.Core.Scheduling.Threads;

/// <summary>
/// Starts threads for loops, which never start one themselves: clone(2) takes 30 µs and more, and may fail. It has a thread of its own,
/// one in the process, from the first loop's start to the last loop's end.
/// </summary>
/// <remarks>
/// When a thread cannot be started (RLIMIT_NPROC, pids.max, memory), <see cref="ThreadReserve"/> gives its threads up,
/// <see cref="ThreadPoolCap"/> keeps the thread pool from growing into more than those, and no other thread is started for a while. A
/// thread is started only beside a full reserve, so the runtime has room for its own.
/// </remarks>
internal sealed class ThreadStarter(Action<Thread> start)
{
    /// <summary>After a failure; doubled with each in a row, up to <see cref="MaxRetryMilliseconds"/>. A guess.</summary>
    public const int MinRetryMilliseconds = 500;

    public const int MaxRetryMilliseconds = 8000;

    private readonly Queue<IStartable> _requested = new();
    private readonly ThreadReserve _reserve = new(start);
    private readonly ThreadPoolCap _poolCap = new();
    private bool _isRunning;
    private int _users;
    private int _retryMilliseconds;
    private string _lastFailure = "";
    private long _noStartBefore;

    /// <summary>The one of the process.</summary>
    public static ThreadStarter Shared { get; } = new(static thread => thread.UnsafeStart());

    /// <summary>Whether a request now is worth making: false for a while after a thread could not be started. Any thread.</summary>
    public bool CanStart => Environment.TickCount64 >= Volatile.Read(ref _noStartBefore);

    /// <summary>A loop is about to start. Not on a loop's thread.</summary>
    /// <exception cref="OutOfMemoryException">No thread can be started now.</exception>
    public void Acquire()
    {
        lock (_requested)
        {
            if (!_isRunning)
            {
                // The runtime starts its timer thread with the first timer: now, and not when no thread can be had any more.
                using Timer first = new(static _ => { }, null, TimeSpan.FromDays(1), Timeout.InfiniteTimeSpan);
                new Thread(Run) { IsBackground = true, Name = "transport monitor" }.UnsafeStart();
                _isRunning = true;
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

    private void Run()
    {
        while (TryNext(out IStartable? requested))
        {
            if (!CanStart)
            {
                // Requested before the last failure was known.
                requested.StartFailed(_lastFailure);
                continue;
            }

            try
            {
                _reserve.Fill();
                start(requested.CreateThread());
                _retryMilliseconds = 0;
                _poolCap.Remove();
            }
            catch (Exception exception)
            {
                // The runtime makes an OutOfMemoryException of EAGAIN from pthread_create. Whatever it is, it ends no other loop's threads.
                _lastFailure = exception.Message;
                Failed();
                requested.StartFailed(_lastFailure);
            }
        }
    }

    private void Failed()
    {
        // The other half is for what else the runtime starts.
        _poolCap.Apply(ThreadReserve.Size / 2);
        _reserve.Release();
        _retryMilliseconds = Math.Clamp(_retryMilliseconds * 2, MinRetryMilliseconds, MaxRetryMilliseconds);
        Volatile.Write(ref _noStartBefore, Environment.TickCount64 + _retryMilliseconds);
    }

    /// <returns>False when the thread is to end.</returns>
    private bool TryNext([NotNullWhen(true)] out IStartable? requested)
    {
        lock (_requested)
        {
            while (!_requested.TryDequeue(out requested))
            {
                if (_users == 0)
                {
                    _reserve.Release();
                    _poolCap.Remove();
                    _isRunning = false;
                    return false;
                }

                Monitor.Wait(_requested);
            }

            return true;
        }
    }
}
