using System.Diagnostics;

namespace Transport.Core.Loops.Merging;

/// <summary>Which of a transport's loops are merged with which. One loop at a time merges or parts.</summary>
internal sealed class LoopMerging(MergePolicy policy)
{
    private readonly Lock _gate = new();

    // Under the gate.
    private readonly List<EventLoop> _loops = [];
    private readonly Dictionary<EventLoop, EventLoop> _hosts = [];
    private TimeSpan _backOff = policy.ShortestBackOff;
    private long _changedAt;
    private long _notBefore;

    public MergePolicy Policy => policy;

    /// <summary>Others may merge with the loop.</summary>
    public void Add(EventLoop loop)
    {
        lock (_gate)
        {
            _loops.Add(loop);
        }
    }

    /// <summary>The loop is to end: no other merges with it any more.</summary>
    public void Remove(EventLoop loop)
    {
        lock (_gate)
        {
            _loops.Remove(loop);
        }
    }

    /// <summary>Finds a loop that <paramref name="guest"/> is to merge with now, and records that it does. On the guest.</summary>
    /// <returns>Null if there is none.</returns>
    public EventLoop? TryMerge(EventLoop guest, long now)
    {
        lock (_gate)
        {
            if (now < _notBefore || _hosts.ContainsValue(guest))
            {
                return null;
            }

            EventLoop? host = null;
            foreach (EventLoop loop in _loops)
            {
                if (loop != guest && !_hosts.ContainsKey(loop)
                    && policy.ShouldMerge(guest.Load.Last, loop.Load.Last)
                    && (host is null || loop.Load.Last.Used < host.Load.Last.Used))
                {
                    host = loop;
                }
            }

            if (host is not null)
            {
                _hosts.Add(guest, host);
                host.Load.EventsBeforeMerging = guest.Load.Last.Events + host.Load.Last.Events;
                _changedAt = now;

                // The new thread is measured first.
                _notBefore = now + (2 * policy.MeasureEvery);
            }

            return host;
        }
    }

    /// <summary>The loop has not merged after all.</summary>
    public void Cancel(EventLoop guest)
    {
        lock (_gate)
        {
            _hosts.Remove(guest);
        }
    }

    /// <summary>
    /// The guest has a thread of its own again. Loops that part soon after they have merged stay apart for longer and longer.
    /// </summary>
    public void Part(EventLoop guest, long now)
    {
        lock (_gate)
        {
            if (_hosts.Remove(guest))
            {
                bool soon = Stopwatch.GetElapsedTime(_changedAt, now) < _backOff * 10;
                _backOff = soon ? TimeSpan.FromTicks(Math.Min(_backOff.Ticks * 2, policy.LongestBackOff.Ticks)) : policy.ShortestBackOff;
                _changedAt = now;
                _notBefore = now + (long)(_backOff.TotalSeconds * Stopwatch.Frequency);
            }
        }
    }
}
