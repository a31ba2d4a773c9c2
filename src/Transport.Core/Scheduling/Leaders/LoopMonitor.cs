using System.Diagnostics;
using Transport.Core.Interop.Threads;

namespace Transport.Core.Scheduling.Leaders;

/// <summary>
/// Looks at the loops of the process that run application code on their own threads, and hands those over that are inside an item that has
/// lasted. One thread in the process, from the first such loop's start to the last one's end.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>While loops run application code it checks every 5 ms; 1 ms after a check that found a loop inside an item, though not twice in a
/// row unless the item is the same; and every millisecond for a second after a loop was handed over.</item>
/// <item>When nothing has run for 100 ms it sleeps until a loop begins an item: the loop reads one word before each item, and wakes it. A
/// thread is requested every 100 ms for a loop that has no spare one.</item>
/// </list>
/// </remarks>
internal sealed class LoopMonitor
{
    private const int Awake = 0;
    private const int Asleep = 1;

    private const int QuietLooksBeforeSleep = 20;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_coldTick = TimeSpan.FromMilliseconds(5);
    private static readonly long s_hot = Stopwatch.Frequency;
    private static readonly TimeSpan s_forever = TimeSpan.FromDays(1);

    /// <summary>While a loop has no spare thread because none can be started.</summary>
    private static readonly TimeSpan s_retryEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Allocated pinned, since the kernel is given its address.</summary>
    private readonly int[] _state = GC.AllocateArray<int>(64, pinned: true);
    private readonly Lock _gate = new();
    private LeaderScheduler[] _watched = [];
    private bool _isRunning;

    /// <summary>The one of the process.</summary>
    public static LoopMonitor Shared { get; } = new();

    /// <summary>Loops that are inside an item at this moment. Any thread.</summary>
    public int CountInItem()
    {
        int count = 0;
        foreach (LeaderScheduler watched in Volatile.Read(ref _watched))
        {
            // A guest's item is on its host's thread, which is counted once.
            count += watched.Leadership.Look() != 0 && watched.Guest is null ? 1 : 0;
        }

        return count;
    }

    /// <summary>A loop starts.</summary>
    /// <exception cref="OutOfMemoryException">The monitor's thread cannot be started.</exception>
    public void Add(LeaderScheduler loop)
    {
        lock (_gate)
        {
            if (!_isRunning)
            {
                new Thread(Run) { IsBackground = true, Name = "transport loops" }.UnsafeStart();
                _isRunning = true;
            }

            Volatile.Write(ref _watched, [.. _watched, loop]);
        }
    }

    /// <summary>The loop has ended.</summary>
    public void Remove(LeaderScheduler loop)
    {
        lock (_gate)
        {
            Volatile.Write(ref _watched, [.. _watched.Where(watched => watched != loop)]);
        }

        Wake();
    }

    /// <summary>After an item has begun: the monitor must not sleep.</summary>
    public void Notify()
    {
        if (Volatile.Read(ref _state[0]) == Asleep)
        {
            Wake();
        }
    }

    private void Wake()
    {
        if (Interlocked.CompareExchange(ref _state[0], Awake, Asleep) == Asleep)
        {
            Futex.Wake(ref _state[0]);
        }
    }

    private void Run()
    {
        long hotUntil = long.MinValue;
        TimeSpan pause = s_tick;
        int quiet = 0;
        while (true)
        {
            Futex.Wait(ref _state[0], Awake, pause);
            LeaderScheduler[] watched = Volatile.Read(ref _watched);
            if (watched.Length == 0 && TryEnd())
            {
                return;
            }

            long now = Stopwatch.GetTimestamp();
            Sight most = Sight.Quiet;
            bool hasSpares = true;
            foreach (LeaderScheduler loop in watched)
            {
                Sight sight = loop.Watch.Look(now);
                loop.Threads.CheckCounted(now);
                hasSpares &= loop.Threads.EnsureSpare();
                most = sight > most ? sight : most;
            }

            if (most == Sight.Taken)
            {
                hotUntil = now + s_hot;
            }

            // Under load most looks find some item: every other one is soon followed by another.
            bool soon = now < hotUntil || most >= Sight.Lasting || (most == Sight.InItem && pause == s_coldTick);
            pause = soon ? s_tick : s_coldTick;
            quiet = most == Sight.Quiet ? quiet + 1 : 0;
            if (quiet >= QuietLooksBeforeSleep)
            {
                SleepUntilWoken(hasSpares ? s_forever : s_retryEvery);
                quiet = 0;
                pause = s_tick;
            }
        }
    }

    private void SleepUntilWoken(TimeSpan atMost)
    {
        Volatile.Write(ref _state[0], Asleep);

        // A loop begins an item and then reads the state, without a fence of its own: this is the fence of both sides.
        Interlocked.MemoryBarrierProcessWide();
        if (CountInItem() > 0 || Volatile.Read(ref _watched).Length == 0)
        {
            Volatile.Write(ref _state[0], Awake);
            return;
        }

        do
        {
            Futex.Wait(ref _state[0], Asleep, atMost);
        }
        while (atMost == s_forever && Volatile.Read(ref _state[0]) == Asleep);

        Volatile.Write(ref _state[0], Awake);
    }

    private bool TryEnd()
    {
        lock (_gate)
        {
            _isRunning = _watched.Length > 0;
            return !_isRunning;
        }
    }
}
