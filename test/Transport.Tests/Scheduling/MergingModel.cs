using Transport.Core.Loops;
using Transport.Core.Loops.Merging;
using Transport.Core.Loops.Waiting;
using Transport.Core.Scheduling;
using Transport.Core.Scheduling.Leaders;

namespace Transport.Tests.Scheduling;

/// <summary>
/// A loop A, and a loop B that merges with it, is taken from it inside an item, and leaves it again, while somebody posts to B. Built on
/// the real <see cref="Leadership"/>, <see cref="Mailbox"/>, <see cref="LoopRest"/> and <see cref="WorkList"/>. What the threads do step by
/// step is what <see cref="EventLoop"/>, <see cref="LeaderScheduler"/> and <see cref="LoopMonitor"/> do.
/// </summary>
internal sealed class MergingModel : IModelledSystem
{
    private readonly Model _options;
    private readonly ModelledLoop _a = new("A");
    private readonly ModelledLoop _b = new("B");
    private readonly List<IEnumerator<Step>> _threads = [];
    private readonly Dictionary<string, int> _posted = [];
    private readonly LoopRest _rest = new();

    // Of A's leader.
    private bool _hasGuest;
    private bool _isGuestReady;

    // Of B's owner.
    private bool _isHosted;
    private int _boardings;

    // The kernel's: B's poller is among A's descriptors, and has reported an event there.
    private bool _isWatched;
    private bool _edge;
    private int _partings;

    public MergingModel(Model options)
    {
        _options = options;
        _boardings = options.Boardings;
        _partings = options.Partings;
        Add(_a, options.SparesOfA);
        Add(_b, options.SparesOfB);
        _threads.Add(Monitor(_a).GetEnumerator());
        _threads.Add(Monitor(_b).GetEnumerator());
        _threads.Add(Stranger().GetEnumerator());
        _threads.Add(EarlierHost().GetEnumerator());
    }

    public IReadOnlyList<IEnumerator<Step>> Threads => _threads;

    public string Shared => $"{_a.Shared}|{_b.Shared}|{_hasGuest} {_isGuestReady} {_isHosted} {_boardings} {_isWatched} {_edge} "
        + $"{_partings} "
        + string.Join(",", _posted.OrderBy(static post => post.Key));

    public void AssertQuiescent()
    {
        Assert.Equal(_options.Posts, _posted.Count);
        Assert.All(_posted, static post => Assert.True(post.Value == 1, $"{post.Key} was run {post.Value} times"));
        Assert.True(_a.IsAsleep, "nobody leads A");
        Assert.True(_b.IsAsleep || (_isHosted && _hasGuest && _isWatched), "nobody leads B, and it is nobody's guest");
    }

    private void Add(ModelledLoop loop, int spares)
    {
        for (int thread = 0; thread <= spares; thread++)
        {
            IEnumerable<Step> steps = loop == _a ? ThreadOfA(thread) : ThreadOfB(thread);
            _threads.Add(steps.GetEnumerator());
            if (thread > 0)
            {
                loop.Parked.Enqueue(thread);
            }
        }

        loop.Called.Add(0);
    }

    private IEnumerable<Step> ThreadOfA(int me)
    {
        string name = $"A{me}";
        while (true)
        {
            yield return new Step("parked", () => _a.Called.Contains(me));
            _a.Called.Remove(me);
            _a.Own(name);
            bool isTakenOver = me != 0;
            bool leads = true;
            while (leads)
            {
                if (!isTakenOver && !_isGuestReady && _a.Mailbox.TrySleep(Sleep.Sleeping))
                {
                    _a.IsAsleep = true;
                    yield return new Step("asleep", () => _a.IsWoken || _edge);
                    _a.IsAsleep = false;
                    _a.Mailbox.WakeUp();
                }

                isTakenOver = false;
                _a.IsWoken = false;
                _isGuestReady |= _edge && _hasGuest;
                _edge = false;
                yield return new Step("polled");
                _a.RunMail();
                if (_hasGuest && _partings > 0)
                {
                    _partings--;
                    yield return new Step("parting");
                    TryPart();
                }

                yield return new Step("sent");
                if (!_hasGuest || !_isGuestReady)
                {
                    continue;
                }

                _isGuestReady = false;
                _a.Disown(name);
                long item = _a.Leadership.Begin();
                yield return new Step($"item {item}");

                GuestTurn turn = GuestTurn.Elsewhere;
                if (_rest.TryClaim())
                {
                    Assert.True(_isHosted, "B rests without a host");
                    _b.Own(name);
                    _b.Mailbox.WakeUp();
                    _b.IsWoken = false;
                    yield return new Step($"claimed {item}");
                    _b.CollectItems();
                    bool leadsGuest = true;
                    while (leadsGuest && _b.Next < _b.Items.Count)
                    {
                        WorkItem work = _b.Items[_b.Next++];
                        _b.Disown(name);
                        long inner = _b.Leadership.Begin();
                        yield return new Step($"inner {item} {inner}");
                        work.Run();
                        yield return new Step($"inner done {item} {inner}");
                        leadsGuest = _b.Leadership.TryEnd(inner);
                        if (leadsGuest)
                        {
                            _b.Own(name);
                        }
                    }

                    if (leadsGuest)
                    {
                        bool slept = _b.Mailbox.TrySleep(Sleep.Sleeping);
                        turn = slept ? GuestTurn.Resting : GuestTurn.Again;
                        yield return new Step($"to rest {item} {slept}");
                        _b.Disown(name);
                        _rest.Begin();
                    }
                }

                yield return new Step($"ending {item} {turn}");
                leads = _a.Leadership.TryEnd(item);
                if (leads)
                {
                    _a.Own(name);
                    _isGuestReady = turn == GuestTurn.Again;
                }
                else if (turn != GuestTurn.Elsewhere && !_options.ForgetsToPost)
                {
                    yield return new Step($"lost {item}");
                    PostToA(() => _isGuestReady |= _hasGuest);
                }
            }

            _a.Parked.Enqueue(me);
        }
    }

    private void TryPart()
    {
        if (!_rest.TryClaim())
        {
            return;
        }

        _b.Own("part");
        _b.Disown("part");
        if (_b.Parked.TryDequeue(out int thread))
        {
            (_hasGuest, _isWatched, _isGuestReady) = (false, false, false);
            _b.Called.Add(thread);
        }
        else
        {
            _rest.Begin();
        }
    }

    private IEnumerable<Step> ThreadOfB(int me)
    {
        string name = $"B{me}";
        while (true)
        {
            yield return new Step("parked", () => _b.Called.Contains(me));
            _b.Called.Remove(me);
            _b.Own(name);
            if (_isHosted)
            {
                _isHosted = false;
                _b.Mailbox.WakeUp();
                PostToA(() => (_hasGuest, _isWatched, _isGuestReady) = (false, false, false));
                yield return new Step("left");
            }

            bool leads = true;
            bool isTakenOver = true;
            while (leads)
            {
                if (!isTakenOver && _b.Mailbox.TrySleep(Sleep.Sleeping))
                {
                    if (_boardings > 0)
                    {
                        _boardings--;
                        _isHosted = true;
                        yield return new Step("boarding");
                        _b.Disown(name);
                        _rest.Begin();
                        yield return new Step("resting");
                        PostToA(AddGuest);
                        break;
                    }

                    _b.IsAsleep = true;
                    yield return new Step("asleep", () => _b.IsWoken);
                    _b.IsAsleep = false;
                    _b.Mailbox.WakeUp();
                }

                isTakenOver = false;
                _b.IsWoken = false;
                yield return new Step("polled");
                _b.CollectItems();
                while (leads && _b.Next < _b.Items.Count)
                {
                    WorkItem work = _b.Items[_b.Next++];
                    _b.Disown(name);
                    long item = _b.Leadership.Begin();
                    yield return new Step($"item {item}");
                    work.Run();
                    leads = _b.Leadership.TryEnd(item);
                    if (leads)
                    {
                        _b.Own(name);
                    }
                }

                yield return new Step($"turn {leads}");
            }

            _b.Parked.Enqueue(me);
        }
    }

    private void AddGuest()
    {
        // Registering reports what is ready already.
        (_hasGuest, _isWatched, _isGuestReady, _edge) = (true, true, true, _b.IsWoken);
    }

    private IEnumerable<Step> Monitor(ModelledLoop loop)
    {
        for (int look = 0; look < _options.Looks; look++)
        {
            long seen = loop.Leadership.Look();
            yield return new Step($"seen {look} {seen}");
            if (seen == 0 || !loop.Parked.TryDequeue(out int follower))
            {
                continue;
            }

            yield return new Step($"unparked {look} {seen} {follower}");
            if (loop.Leadership.TryTake(seen))
            {
                yield return new Step($"taken {look} {follower}");
                loop.Called.Add(follower);
            }
            else
            {
                loop.Parked.Enqueue(follower);
            }

            yield return new Step($"looked {look}");
        }
    }

    /// <summary>A loop that had B as its guest, and has not been informed yet that B has another host.</summary>
    private IEnumerable<Step> EarlierHost()
    {
        for (int i = 0; i < _options.LateEvents; i++)
        {
            bool claimed = _rest.TryClaim();
            yield return new Step($"claimed {i} {claimed}");
            if (claimed)
            {
                _b.Own("earlier host");
                yield return new Step($"compared {i}");
                _b.Disown("earlier host");
                _rest.Begin();
                yield return new Step($"given back {i}");
                if (!_options.KeepsToItself)
                {
                    PostToA(() => _isGuestReady |= _hasGuest);
                }
            }
        }
    }

    private IEnumerable<Step> Stranger()
    {
        for (int i = 0; i < _options.Posts; i++)
        {
            string what = $"post {i}";
            yield return new Step($"before {i}");
            _posted.Add(what, 0);
            if (_b.Post(() => _posted[what]++))
            {
                yield return new Step($"waking {i}");
                _b.IsWoken = true;
                _edge |= _isWatched;
            }
        }
    }

    private void PostToA(Action action) => _a.IsWoken |= _a.Post(action);

    /// <param name="SparesOfA">Threads of A that are parked at first.</param>
    /// <param name="SparesOfB">Threads of B that are parked at first.</param>
    /// <param name="Posts">Items that somebody posts to B.</param>
    /// <param name="Looks">How often the monitor looks at each loop.</param>
    /// <param name="Boardings">How often B merges with A.</param>
    /// <param name="Partings">How often A lets it go.</param>
    /// <param name="LateEvents">How often an earlier host of B receives an event of it.</param>
    /// <param name="ForgetsToPost">
    /// A thread that has lost the host does not post that the guest rests again: the test of the test.
    /// </param>
    /// <param name="KeepsToItself">An earlier host does not post that it has given the guest back: the test of the test.</param>
    public sealed record Model(
        int SparesOfA,
        int SparesOfB,
        int Posts,
        int Looks,
        int Boardings = 1,
        int Partings = 0,
        int LateEvents = 0,
        bool ForgetsToPost = false,
        bool KeepsToItself = false);

    private sealed class ModelledLoop(string name)
    {
        private readonly WorkList _mail = new();
        private string? _owner;

        public Leadership Leadership { get; } = new();

        public Mailbox Mailbox { get; } = new();

        public WorkList Items { get; } = new();

        public int Next { get; set; }

        public bool IsAsleep { get; set; }

        public bool IsWoken { get; set; }

        public Queue<int> Parked { get; } = new();

        public HashSet<int> Called { get; } = [];

        public string Shared => $"{Leadership.Look()} {Leadership.Last} {Next} {Items.Count} {_owner} {IsAsleep} {IsWoken} "
            + $"{Mailbox.HasMail} "
            + $"{string.Join(",", Parked)} {string.Join(",", Called.Order())}";

        public bool Post(Action action)
        {
            Assert.True(Mailbox.Post(new WorkItem(static state => ((Action)state!)(), action), mayWait: false, out bool wake));
            return wake;
        }

        public void RunMail()
        {
            Mailbox.Collect(_mail);
            for (int i = 0; i < _mail.Count; i++)
            {
                _mail[i].Run();
            }

            _mail.Clear();
        }

        public void CollectItems() => Mailbox.Collect(Items);

        public void Own(string thread)
        {
            Assert.True(_owner is null, $"{thread} has {name}, and so has {_owner}");
            _owner = thread;
        }

        public void Disown(string thread)
        {
            Assert.Equal(thread, _owner);
            _owner = null;
        }
    }
}
