using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Shared.Interop;
using Transport.Blocking;
using Transport.Core.Readiness;
using Transport.Epoll;
using Transport.Rtsig;
using Transport.Select;

namespace Micro;

/// <summary>
/// Measures one readiness event in an event loop with many registered descriptors, of which one is active: write a byte, wait for the
/// event, read the byte, re-arm. The write and the read are the same for every model.
/// </summary>
public unsafe class PollerTurn
{
    private readonly List<(int Watched, int Peer)> _pairs = [];
    private readonly Ready[] _ready = new Ready[64];
    private IPoller _poller = null!;
    private int _turn;

    [Params(16, 1000, 9000)]
    public int Watched { get; set; }

    [Params("epoll", "epoll level", "epoll oneshot", "poll", "select", "rtsig", "busy")]
    public string Model { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _poller = Model switch
        {
            "epoll" => new EpollPoller(EpollTrigger.Edge),
            "epoll level" => new EpollPoller(EpollTrigger.Level),
            "epoll oneshot" => new EpollPoller(EpollTrigger.Oneshot),
            "poll" => new PollPoller(PollCall.Poll),
            "select" => new SelectPoller(SelectCall.Select, 65536, new SelectRefusals(new SelectCounters(), NullLogger.Instance, "micro")),
            "busy" => new BusyPoller(),
            _ => Rtsig(),
        };
        for (int i = 0; i < Watched; i++)
        {
            (int watched, int peer) = Interop.Libc.SocketPair();
            _pairs.Add((watched, peer));
            _poller.Add(watched, SocketRole.Connection).ThrowIfError("add");
        }

        // An edge-triggered model reports a descriptor when it is registered; these events are not measured.
        while (_poller.Wait(_ready, 0).Value > 0)
        {
        }

        foreach ((int watched, int _) in _pairs)
        {
            _poller.Arm(watched, Readiness.Readable);
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach ((int watched, int peer) in _pairs)
        {
            _poller.Remove(watched);
            Unistd.Close(watched);
            Unistd.Close(peer);
        }

        _pairs.Clear();
        _poller.Dispose();
    }

    /// <summary>Runs one iteration and returns the number of events.</summary>
    [Benchmark]
    public int Turn()
    {
        (int watched, int peer) = _pairs[_turn++ % 8];   // eight active descriptors; all others are idle
        byte one = 1;
        _ = Unistd.write(peer, &one, 1);
        int reported = 0;
        for (bool seen = false; !seen;)
        {
            int count = (int)_poller.Wait(_ready, -1).Value;
            for (int i = 0; i < count; i++)
            {
                // An event may be spurious: the busy-polling model reports every descriptor.
                if (Unistd.read(_ready[i].Key, &one, 1) == 1)
                {
                    seen = true;
                }

                _poller.Arm(_ready[i].Key, Readiness.Readable);
            }

            reported += count;
        }

        return reported;
    }

    private static RtsigPoller Rtsig()
    {
        RtsigTransportOptions options = new RtsigTransportOptions();
        RtsigCounters counters = new RtsigCounters();
        return new RtsigPoller(options.EffectiveSignal, options.Reading, counters,
            new SignalOverflows(counters, NullLogger.Instance, "micro"));
    }
}
