using Microsoft.AspNetCore.Hosting;
using Test.Shared.Completion;
using Transport.Core;
using Transport.Epoll;
using Transport.Rtsig;
using Transport.Select;
using Transport.Uring;

namespace Test.Shared;

/// <summary>Every transport that the suite runs on. A new model is one line in <see cref="All"/>.</summary>
public static class TransportCatalogue
{
    public const string Variable = "TRANSPORT_UNDER_TEST";

    /// <summary>
    /// The suite's clients live in the server's process, so a thousand of them take a thousand numbers of their own: more than select's
    /// classical limit leaves. The limit itself has tests of its own (Models).
    /// </summary>
    private const int WideSelect = 16384;

    /// <summary>Each model as it comes.</summary>
    public static IReadOnlyList<TransportUnderTest> All { get; } =
    [
        new("sockets", ApplySockets),
        Ours("epoll", (web, configure) => web.UseEpollTransport(configure)),
        Ours("poll", (web, configure) => web.UsePollTransport(configure)),
        Ours("select", (web, configure) => web.UseSelectTransport(options => { options.MaxDescriptors = WideSelect; configure(options); })),
        Ours("rtsig", (web, configure) => web.UseRtsigTransport(configure)),
        Ours("uring", (web, configure) => web.UseUringTransport(configure)),
        Ours("blocking", (web, configure) => web.UseBlockingTransport(configure)),
        Ours("busy", (web, configure) => web.UseBusyTransport(configure)),

        // Not shipped: what the suite knows of completion models without a kernel that has one.
        Ours("completion", (web, configure) => web.UseCompletionTransport(configure)),
    ];

    /// <summary>Models with options of their own set: these run the core of the suite.</summary>
    public static IReadOnlyList<TransportUnderTest> Variants { get; } =
    [
        new("sockets/inline", (web, settings) => ApplySockets(web, settings with { UnsafePreferInlineScheduling = true })),
        .. SharedVariants("epoll", (web, configure) => web.UseEpollTransport(configure)),
        .. SharedVariants("uring", (web, configure) => web.UseUringTransport(configure)),
        Ours("uring/multishot", (web, configure)
            => web.UseUringTransport(options => { options.Receive = UringReceive.MultishotIntoRing; configure(options); })),
        Ours("uring/single", (web, configure)
            => web.UseUringTransport(options => { options.Receive = UringReceive.SingleIntoRing; configure(options); })),
        Ours("uring/intopipe",
            (web, configure) => web.UseUringTransport(options => { options.Receive = UringReceive.IntoPipe; configure(options); })),
        Ours("uring/zerocopy", (web, configure) => web.UseUringTransport(options =>
        {
            (options.ZeroCopySend, options.ZeroCopySendThreshold) = (true, 1);
            configure(options);
        })),
        Ours("uring/sqpoll", (web, configure) => web.UseUringTransport(options => { options.SqPoll = true; configure(options); })),
        Ours("epoll/level", (web, configure)
            => web.UseEpollTransport(options => { options.Trigger = EpollTrigger.Level; configure(options); })),
        Ours("epoll/oneshot",
            (web, configure) => web.UseEpollTransport(options => { options.Trigger = EpollTrigger.Oneshot; configure(options); })),
        Ours("poll/ppoll", (web, configure) => web.UsePollTransport(options => { options.Call = PollCall.Ppoll; configure(options); })),
        Ours("select/pselect", (web, configure) => web.UseSelectTransport(options
            => { options.Call = SelectCall.Pselect; options.MaxDescriptors = WideSelect; configure(options); })),
        Ours("blocking/workers", (web, configure)
            => web.UseBlockingTransport(options => { options.ApplicationScheduling = ApplicationScheduling.Workers; configure(options); })),
        Ours("epoll/nospin", (web, configure) => web.UseEpollTransport(options => { options.SpinMicroseconds = 0; configure(options); })),
        Ours("epoll/merging", (web, configure) => web.UseEpollTransport(options => { MergeAtRandom(options); configure(options); })),
        Ours("epoll/inlinemerging", (web, configure) => web.UseEpollTransport(options =>
        {
            options.ApplicationScheduling = ApplicationScheduling.Inline;
            MergeAtRandom(options);
            configure(options);
        })),
        Ours("rtsig/onebyone",
            (web, configure) => web.UseRtsigTransport(options => { options.Reading = SignalReading.OneByOne; configure(options); })),
        Ours("rtsig/inline",
            (web, configure) => web.UseRtsigTransport(options => { options.UnsafePreferInlineScheduling = true; configure(options); })),
    ];

    /// <summary>
    /// Options that are off by default. They run when the environment names their model or themselves (<c>./build.sh test uring</c>), so
    /// that a run of everything stays below a quarter of an hour on two processors.
    /// </summary>
    private static readonly HashSet<string> s_onRequest = ["uring/single", "uring/intopipe", "uring/zerocopy", "uring/sqpoll"];

    /// <summary><see cref="All"/>, narrowed to one model where the environment says so.</summary>
    public static IReadOnlyList<TransportUnderTest> Selected => Narrow(All);

    public static IReadOnlyList<TransportUnderTest> SelectedWithVariants => Narrow([.. All, .. Variants]);

    public static TransportUnderTest Get(string name)
        => All.Concat(Variants).FirstOrDefault(transport => transport.Name == name) ?? throw Unknown(name);

    /// <summary>One of ours, whose options all begin with <see cref="TransportOptions"/>.</summary>
    private static TransportUnderTest Ours(string name, Action<IWebHostBuilder, Action<TransportOptions>> use, string? unavailable = null)
        => new(name, (web, settings) => use(web, options =>
        {
            options.LoopCount = settings.LoopCount ?? options.LoopCount;
            options.Backlog = settings.Backlog;
            options.NoDelay = settings.NoDelay;
            options.MaxReadBufferSize = settings.MaxReadBufferSize;
            options.MaxWriteBufferSize = settings.MaxWriteBufferSize;
            options.WaitForDataBeforeAllocatingBuffer = settings.WaitForDataBeforeAllocatingBuffer;
            options.UnsafePreferInlineScheduling = settings.UnsafePreferInlineScheduling;
            options.CreateBoundListenSocket = settings.CreateBoundListenSocket ?? options.CreateBoundListenSocket;
            settings.Ours?.Invoke(options);
        }), unavailable);

    /// <summary>What every model of ours can be set to.</summary>
    private static IEnumerable<TransportUnderTest> SharedVariants(string model, Action<IWebHostBuilder, Action<TransportOptions>> use)
    {
        yield return Variant("workers", options => options.ApplicationScheduling = ApplicationScheduling.Workers);
        yield return Variant("inline", options => options.ApplicationScheduling = ApplicationScheduling.Inline);
        yield return Variant("threadpool", options => options.ApplicationScheduling = ApplicationScheduling.ThreadPool);
        yield return Variant("shared", options => options.AcceptStrategy = AcceptStrategy.Shared);
        yield return Variant("roundrobin", options => options.AcceptStrategy = AcceptStrategy.RoundRobin);

        TransportUnderTest Variant(string name, Action<TransportOptions> set)
            => Ours($"{model}/{name}", (web, configure) => use(web, options => Both(set, configure, options)));
    }

    private static void MergeAtRandom(TransportOptions options) => (options.LoopCount, options.MergePolicy) = (4, new RandomMergePolicy());

    private static void Both(Action<TransportOptions> set, Action<TransportOptions> configure, TransportOptions options)
    {
        set(options);
        configure(options);
    }

    private static TransportUnderTest[] Narrow(IReadOnlyList<TransportUnderTest> transports)
    {
        string? name = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(name))
        {
            return [.. transports.Where(transport => !s_onRequest.Contains(transport.Name))];
        }

        if (!All.Concat(Variants).Any(transport => transport.Model == name || transport.Name == name))
        {
            throw Unknown(name);
        }

        return [.. transports.Where(transport => transport.Model == name || transport.Name == name)];
    }

    private static ArgumentException Unknown(string name)
        => new($"{Variable} is '{name}', which is no transport. Allowed: "
            + $"{string.Join(", ", All.Concat(Variants).Select(transport => transport.Name))}, or nothing for all of them.");

    private static void ApplySockets(IWebHostBuilder web, TransportSettings settings) => web.UseSockets(options =>
    {
        options.IOQueueCount = settings.LoopCount ?? options.IOQueueCount;
        options.Backlog = settings.Backlog;
        options.NoDelay = settings.NoDelay;
        options.MaxReadBufferSize = settings.MaxReadBufferSize;
        options.MaxWriteBufferSize = settings.MaxWriteBufferSize;
        options.WaitForDataBeforeAllocatingBuffer = settings.WaitForDataBeforeAllocatingBuffer;
        options.UnsafePreferInlineScheduling = settings.UnsafePreferInlineScheduling;
        options.CreateBoundListenSocket = settings.CreateBoundListenSocket ?? options.CreateBoundListenSocket;
    });
}
