using Transport.Core.Loops;
using Transport.Core.Loops.Waiting;
using Transport.Core.Scheduling;
using Transport.Core.Scheduling.Leaders;

namespace Transport.Tests.Scheduling;

/// <summary>
/// A loop with a batch of items that post to it, its first thread, spare ones, the monitor, and a thread of somebody else's, built on the
/// real <see cref="Leadership"/>, <see cref="Mailbox"/> and <see cref="WorkList"/>. What the threads do step by step is what
/// <see cref="LeaderScheduler"/>, <see cref="EventLoop"/> and <see cref="LoopMonitor"/> do.
/// </summary>
internal sealed class LeadershipModel : IModelledSystem
{
    private readonly int _items;
    private readonly int _looks;
    private readonly bool _brokenEnd;
    private readonly Leadership _leadership = new();
    private readonly Mailbox _mailbox = new();
    private readonly List<IEnumerator<Step>> _threads = [];

    // The loop's: of whoever leads it.
    private readonly WorkList _queue = new();
    private int _next;
    private string? _owner;

    private readonly int[] _begun;
    private readonly Dictionary<string, int> _posted = [];
    private bool _isAsleep;
    private bool _woken;
    private readonly Queue<int> _parked = new();
    private readonly HashSet<int> _called = [];

    /// <param name="items">Items of the batch. Each posts once early and once late.</param>
    /// <param name="spares">Threads that are parked at first.</param>
    /// <param name="looks">How often the monitor looks.</param>
    /// <param name="brokenEnd">A leader that does not ask whether it still leads: the test of the test.</param>
    public LeadershipModel(int items, int spares, int looks, bool brokenEnd = false)
    {
        (_items, _looks, _brokenEnd) = (items, looks, brokenEnd);
        _begun = new int[items];
        _threads.Add(LoopThread(0).GetEnumerator());
        for (int spare = 1; spare <= spares; spare++)
        {
            _parked.Enqueue(spare);
            _threads.Add(LoopThread(spare).GetEnumerator());
        }

        _threads.Add(Monitor().GetEnumerator());
        _threads.Add(Stranger().GetEnumerator());
        _called.Add(0);
    }

    public IReadOnlyList<IEnumerator<Step>> Threads => _threads;

    public string Shared => $"{_leadership.Look()} {_leadership.Last} {_next} {_owner} {string.Join(",", _begun)} "
        + $"{string.Join(",", _posted.OrderBy(static post => post.Key))} {_isAsleep} {_woken} {string.Join(",", _parked)} "
        + $"{string.Join(",", _called.Order())} {_mailbox.HasMail} {_queue.Count}";

    public void AssertQuiescent()
    {
        Assert.All(_begun, static count => Assert.Equal(1, count));
        Assert.Equal((2 * _items) + 1, _posted.Count);
        Assert.All(_posted, static post => Assert.True(post.Value == 1, $"{post.Key} was run {post.Value} times"));
        Assert.True(_isAsleep, "nobody leads the loop");
    }

    /// <summary>A thread of the loop's: parked until it is called, then the leader until it loses the loop.</summary>
    private IEnumerable<Step> LoopThread(int me)
    {
        bool isTakenOver = me != 0;
        while (true)
        {
            yield return new Step("parked", () => _called.Contains(me));
            _called.Remove(me);
            Own(me);
            bool leads = true;
            while (leads)
            {
                if (!isTakenOver && _next == _items)
                {
                    bool slept = _mailbox.TrySleep(Sleep.Sleeping);
                    _isAsleep = slept;
                    yield return new Step($"try sleep {slept}");
                    if (slept)
                    {
                        yield return new Step("asleep", () => _woken);
                        _woken = false;
                        _mailbox.WakeUp();
                        _isAsleep = false;
                        yield return new Step("awake");
                    }
                }

                isTakenOver = false;
                while (leads && _next < _items)
                {
                    int item = _next++;
                    Disown(me);
                    long sequence = _leadership.Begin();
                    yield return new Step($"begun {item} {sequence}");
                    _begun[item]++;
                    Post($"early {item}");
                    yield return new Step($"inside {item} {sequence}");
                    Post($"late {item}");
                    yield return new Step($"ending {item} {sequence}");
                    leads = _leadership.TryEnd(sequence) || _brokenEnd;
                    if (leads)
                    {
                        Own(me);
                        yield return new Step("between items");
                    }
                }

                if (leads)
                {
                    _mailbox.Collect(_queue);
                    yield return new Step("collected");
                    for (int i = 0; i < _queue.Count; i++)
                    {
                        _queue[i].Run();
                    }

                    _queue.Clear();
                    yield return new Step("sent");
                }
            }

            // It has lost the loop, and parks.
            isTakenOver = true;
            _parked.Enqueue(me);
        }
    }

    private IEnumerable<Step> Monitor()
    {
        for (int look = 0; look < _looks; look++)
        {
            long seen = _leadership.Look();
            yield return new Step($"seen {look} {seen}");
            if (seen == 0 || !_parked.TryDequeue(out int follower))
            {
                continue;
            }

            // It is the second look at the same item.
            yield return new Step($"unparked {look} {seen} {follower}");
            if (_leadership.TryTake(seen))
            {
                yield return new Step($"taken {look} {follower}");
                _called.Add(follower);
            }
            else
            {
                _parked.Enqueue(follower);
            }

            yield return new Step($"looked {look}");
        }
    }

    /// <summary>The thread pool, say.</summary>
    private IEnumerable<Step> Stranger()
    {
        yield return new Step("before");
        Post("elsewhere");
    }

    private void Post(string what)
    {
        Assert.True(_mailbox.Post(new WorkItem(_ => _posted[what]++, null), mayWait: false, out bool wake));
        _posted.Add(what, 0);
        _woken |= wake;
    }

    private void Own(int me)
    {
        Assert.True(_owner is null, $"thread {me} has the loop, and so has {_owner}");
        _owner = me.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private void Disown(int me)
    {
        Assert.Equal(me.ToString(System.Globalization.CultureInfo.InvariantCulture), _owner);
        _owner = null;
    }
}
