using Microsoft.Extensions.Logging.Abstractions;
using Transport.Blocking;
using Transport.Core.Readiness;
using Transport.Epoll;
using Transport.Rtsig;
using Transport.Select;

namespace Transport.Tests.Models;

/// <summary>Every poller there is, by a name. Made on the thread that will use it.</summary>
internal static class Pollers
{
    /// <summary>It reports whatever is armed: its reports prove nothing.</summary>
    public const string Blind = "busy";

    private static readonly Dictionary<string, Func<IPoller>> ByName = new()
    {
        ["epoll"] = () => new EpollPoller(EpollTrigger.Edge),
        ["epoll/level"] = () => new EpollPoller(EpollTrigger.Level),
        ["epoll/oneshot"] = () => new EpollPoller(EpollTrigger.Oneshot),
        ["poll"] = () => new PollPoller(PollCall.Poll),
        ["poll/ppoll"] = () => new PollPoller(PollCall.Ppoll),
        ["select"] = () => Select(SelectCall.Select),
        ["select/pselect"] = () => Select(SelectCall.Pselect),
        ["rtsig"] = () => Rtsig(SignalReading.Batch, new RtsigCounters()),
        ["rtsig/onebyone"] = () => Rtsig(SignalReading.OneByOne, new RtsigCounters()),
        [Blind] = () => new BusyPoller(),
    };

    public static IEnumerable<string> Names => ByName.Keys;

    public static IPoller Create(string name) => ByName[name]();

    public static RtsigPoller Rtsig(SignalReading reading, RtsigCounters counters)
        => new(44, reading, counters, new SignalOverflows(counters, NullLogger.Instance, "test"));

    public static SelectPoller Select(SelectCall call, int maxDescriptors = 1 << 16, SelectCounters? counters = null)
        => new(call, maxDescriptors, new SelectRefusals(counters ?? new SelectCounters(), NullLogger.Instance, "test"));
}
