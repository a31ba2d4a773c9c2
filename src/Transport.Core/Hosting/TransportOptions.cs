using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Transport.Core.Loops.Merging;
using Transport.Core.Scheduling.Threads;

namespace Transport.Core;

/// <summary>
/// The options of every transport: the names and defaults of <see cref="SocketTransportOptions"/>, and the options of the event loops.
/// </summary>
public abstract partial class TransportOptions
{
    /// <summary>A field and not a property, since configuration binds every property it can see.</summary>
    private ThreadStarter _threadStarter = ThreadStarter.Shared;
    private AcceptStrategy? _acceptStrategy;

    /// <summary>
    /// Gets or sets the number of event loops, each with a thread. Default: one for each processor, at most 16. Allowed: 1 to 1,024.
    /// </summary>
    public int LoopCount { get; set; } = Math.Min(Environment.ProcessorCount, 16);

    /// <summary>Gets or sets which threads run application code. Default: <see cref="ApplicationScheduling.LeaderFollowers"/>.</summary>
    public ApplicationScheduling ApplicationScheduling { get; set; } = ApplicationScheduling.LeaderFollowers;

    /// <summary>
    /// Gets or sets the maximum number of threads of a loop that run application code. These are the threads beside the one that leads the
    /// loop (<see cref="ApplicationScheduling.LeaderFollowers"/>), the worker threads (<see cref="ApplicationScheduling.Workers"/>), or the
    /// pool threads that run its batches (<see cref="ApplicationScheduling.ThreadPool"/>). A loop has one thread, and more only while
    /// handlers block or compute for long. Beyond the limit requests wait, and a warning is logged. Default: 256. Allowed: 1 to 32,767.
    /// </summary>
    public int MaxWorkers { get; set; } = 256;

    /// <summary>
    /// Gets or sets how long a loop polls the kernel before it sleeps, in microseconds. It polls only while its waits are shorter than
    /// four times this, most of the latest polls have met an event, and the other threads of the process leave processors idle. Polling
    /// saves the wake-up of a sleeping thread, and uses a processor meanwhile. If others need the processors, it lets them run once
    /// instead (sched_yield(2)), and loops of edge-triggered epoll merge with <see cref="ApplicationScheduling.LeaderFollowers"/> and
    /// <see cref="ApplicationScheduling.Inline"/>: one thread leads several. Default: null, which is 50 with two processors and more, and 0
    /// with one (<see cref="Environment.ProcessorCount"/>, which honours cgroup quotas). Allowed: 0 (none of these) to 1,000, or null.
    /// </summary>
    public int? SpinMicroseconds { get; set; }

    /// <summary>Gets or sets how new connections are distributed over the loops. Default: <see cref="AcceptStrategy.ReusePort"/>.</summary>
    public AcceptStrategy AcceptStrategy
    {
        get => _acceptStrategy ?? AcceptStrategy.ReusePort;
        set => _acceptStrategy = value;
    }

    /// <summary>
    /// Gets or sets the length of the queue of connections that wait to be accepted; the kernel limits it to <c>net.core.somaxconn</c>.
    /// Default: 512. Allowed: 1 and more.
    /// </summary>
    public int Backlog { get; set; } = 512;

    /// <summary>
    /// Gets or sets how many descriptors below the process's limit (RLIMIT_NOFILE) are reserved and not used for connections. They remain
    /// free for the runtime, which aborts the process when it cannot open one, and for files, DNS and databases. When only these are left,
    /// accepting pauses and clients wait in the backlog. Each accept loop may use one descriptor of the reserve for its last accepted
    /// client. Default: null, which is 64 or 2 % of the limit, whichever is larger. Allowed: 0 to 1,048,576, or null. At most a quarter of
    /// the limit is reserved, with a warning at start-up if that is less than the option asks for.
    /// </summary>
    public int? DescriptorReserve { get; set; }

    /// <summary>
    /// Gets or sets whether TCP_NODELAY is set: responses are sent at once, without waiting for the peer's ACK. Default: true.
    /// </summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// Gets or sets the maximum number of received bytes that the application has not read, before reading pauses; it resumes at half.
    /// Default: 1 MiB. Allowed: 0 and more, or null. Null and 0: no limit.
    /// </summary>
    public long? MaxReadBufferSize { get; set; } = 1024 * 1024;

    /// <summary>
    /// Gets or sets the maximum number of bytes that are not yet sent, before the application's flush waits; it resumes at half. Default:
    /// 64 KiB. Allowed: 0 and more, or null. Null and 0: no limit.
    /// </summary>
    public long? MaxWriteBufferSize { get; set; } = 64 * 1024;

    /// <summary>
    /// Gets or sets whether files are sent by sendfile(2), so that their bytes are not copied through the process. Applies to
    /// <c>SendFileAsync</c>, and so to <c>UseStaticFiles</c> and <c>Results.File</c> with a path, over HTTP/1.x without TLS, where the
    /// response has a Content-Length and no middleware wraps its body. Page-cache misses are read on the thread pool. False: the response's
    /// feature remains Kestrel's own, and connections have no <c>ISendFileFeature</c>. The same as nginx's <c>sendfile</c>. Default: true.
    /// </summary>
    public bool SendFile { get; set; } = true;

    /// <summary>
    /// Gets or sets a value that exists for compatibility with <see cref="SocketTransportOptions"/>. The readiness models allocate a buffer
    /// only when there is data to receive, whatever the value. Default: true.
    /// </summary>
    public bool WaitForDataBeforeAllocatingBuffer { get; set; } = true;

    /// <summary>Gets or sets whether <see cref="ApplicationScheduling.Inline"/> is used, whose limitations apply. Default: false.</summary>
    public bool UnsafePreferInlineScheduling { get; set; }

    /// <summary>
    /// Gets or sets the function that decides which end points the transport takes. It is called once for each when Kestrel binds it, with
    /// the end point as configured (port 0 is still 0; <c>ListenLocalhost</c> is two end points). Kestrel asks the transport that was
    /// registered last first; an end point that none takes is served by Kestrel's Sockets transport. Not called if
    /// <c>Kestrel:Transport:Use</c> selects a transport. An exception that it throws fails the start. Default: null, which takes all.
    /// </summary>
    public Func<EndPoint, bool>? Handles { get; set; }

    /// <summary>
    /// Gets or sets the function that creates the bound socket to listen on; the transport disposes it. It creates one socket, so <see
    /// cref="AcceptStrategy.ReusePort"/> becomes <see cref="AcceptStrategy.Shared"/> if this is set. Default: <see
    /// cref="SocketTransportOptions.CreateDefaultBoundListenSocket"/>.
    /// </summary>
    public Func<EndPoint, Socket> CreateBoundListenSocket { get; set; } = SocketTransportOptions.CreateDefaultBoundListenSocket;

    /// <summary>Sends FIN instead of RST when a connection ends with an error, like Kestrel's own switch.</summary>
    internal bool FinOnError { get; } =
        AppContext.TryGetSwitch("Microsoft.AspNetCore.Server.Kestrel.FinOnError", out bool finOnError) && finOnError;

    /// <summary>
    /// The accept strategy where <see cref="AcceptStrategy.ReusePort"/> is not possible. Models that cannot share a socket override it.
    /// </summary>
    internal virtual AcceptStrategy WithoutReusePort => AcceptStrategy.Shared;

    /// <summary>Whether the user has set a strategy. Only then a fallback is logged above Debug.</summary>
    internal bool HasAcceptStrategy => _acceptStrategy is not null;

    internal ThreadStarter GetThreadStarter() => _threadStarter;

    /// <summary>Replaces the start of worker threads, for tests in which it fails.</summary>
    internal void SetThreadStarter(ThreadStarter starter) => _threadStarter = starter;

    /// <summary>
    /// How long after the client's FIN a handler may still respond before <c>ConnectionClosed</c> is cancelled. An estimate: most handlers
    /// respond within it, and for a client that has left it delays <c>RequestAborted</c> only a little.
    /// </summary>
    internal TimeSpan AnswerGrace { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>When loops merge, for tests in which they do so for no reason.</summary>
    internal MergePolicy MergePolicy { get; set; } = new();

    /// <summary>0 with one processor, whatever the option says: the awaited event could not happen while the loop polls.</summary>
    internal int EffectiveSpinMicroseconds => Environment.ProcessorCount < 2 ? 0 : SpinMicroseconds ?? 50;

    internal ApplicationScheduling EffectiveScheduling =>
        UnsafePreferInlineScheduling ? ApplicationScheduling.Inline : ApplicationScheduling;

    /// <summary>Returns the validation errors: a sentence for each, with the option's name and the allowed values.</summary>
    /// <returns>Empty if all values are valid.</returns>
    protected internal virtual IEnumerable<string> Validate()
    {
        if (LoopCount is < 1 or > 1024)
        {
            yield return $"{nameof(LoopCount)} is {LoopCount}; allowed: 1 to 1024.";
        }

        if (MaxWorkers is < 1 or > 32767)
        {
            yield return $"{nameof(MaxWorkers)} is {MaxWorkers}; allowed: 1 to 32767.";
        }

        if (SpinMicroseconds is < 0 or > 1000)
        {
            yield return $"{nameof(SpinMicroseconds)} is {SpinMicroseconds}; allowed: 0 to 1000, or null.";
        }

        if (Backlog < 1)
        {
            yield return $"{nameof(Backlog)} is {Backlog}; allowed: 1 and more.";
        }

        if (DescriptorReserve is < 0 or > 1024 * 1024)
        {
            yield return $"{nameof(DescriptorReserve)} is {DescriptorReserve}; allowed: 0 to 1048576, or null (64 or 2 % of the limit).";
        }

        if (MaxReadBufferSize < 0)
        {
            yield return $"{nameof(MaxReadBufferSize)} is {MaxReadBufferSize}; allowed: 0 and more, or null (0 and null: no limit).";
        }

        if (MaxWriteBufferSize < 0)
        {
            yield return $"{nameof(MaxWriteBufferSize)} is {MaxWriteBufferSize}; allowed: 0 and more, or null (0 and null: no limit).";
        }

        if (!Enum.IsDefined(ApplicationScheduling))
        {
            yield return $"{nameof(ApplicationScheduling)} is {ApplicationScheduling}; "
                + $"allowed: {string.Join(", ", Enum.GetNames<ApplicationScheduling>())}.";
        }

        if (!Enum.IsDefined(AcceptStrategy))
        {
            yield return $"{nameof(AcceptStrategy)} is {AcceptStrategy}; allowed: {string.Join(", ", Enum.GetNames<AcceptStrategy>())}.";
        }

        if (CreateBoundListenSocket is null)
        {
            yield return $"{nameof(CreateBoundListenSocket)} is null; allowed: a function that returns a bound socket.";
        }

        foreach (string problem in ValidateSockets())
        {
            yield return problem;
        }
    }
}
