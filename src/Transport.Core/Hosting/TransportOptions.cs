using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Transport.Core.Scheduling;

namespace Transport.Core;

/// <summary>
/// What users set of any transport here: the names and defaults of <see cref="SocketTransportOptions"/>, and how the loops work.
/// </summary>
public abstract partial class TransportOptions
{
    /// <summary>A field, since configuration binds every property it can see.</summary>
    private ThreadStarter _threadStarter = ThreadStarter.Shared;
    private AcceptStrategy? _acceptStrategy;

    /// <summary>
    /// How many loops there are, each a thread. Default: one a processor, at most 16. Allowed: 1 to 1,024.
    /// </summary>
    public int LoopCount { get; set; } = Math.Min(Environment.ProcessorCount, 16);

    /// <summary>Where application code runs. Default: <see cref="ApplicationScheduling.LeaderFollowers"/>.</summary>
    public ApplicationScheduling ApplicationScheduling { get; set; } = ApplicationScheduling.LeaderFollowers;

    /// <summary>
    /// Gets or sets the maximum number of threads of a loop that run application code beside the one that leads it
    /// (<see cref="ApplicationScheduling.LeaderFollowers"/>), of its worker threads (<see cref="ApplicationScheduling.Workers"/>), or of the
    /// pool threads that run its batches (<see cref="ApplicationScheduling.ThreadPool"/>). A loop has one, and more only while handlers block
    /// or compute for long. Past the limit requests wait, and a warning says so. Default: 256. Allowed: 1 to 32,767.
    /// </summary>
    public int MaxWorkers { get; set; } = 256;

    /// <summary>
    /// Gets or sets how long, in microseconds, a loop polls the kernel before it sleeps. It does so only while events come at shorter
    /// intervals than this, and while the other threads of the process leave processors idle; it saves the wake-up of a sleeping thread,
    /// and takes a processor meanwhile. Default: null, which is 50 with two processors and more, and 0 with one
    /// (<see cref="Environment.ProcessorCount"/>, which honours cgroup quotas). Allowed: 0 (never) to 1,000, or null.
    /// </summary>
    public int? SpinMicroseconds { get; set; }

    /// <summary>How new connections spread over the loops. Default: <see cref="AcceptStrategy.ReusePort"/>.</summary>
    public AcceptStrategy AcceptStrategy
    {
        get => _acceptStrategy ?? AcceptStrategy.ReusePort;
        set => _acceptStrategy = value;
    }

    /// <summary>
    /// The length of the queue of clients that wait to be accepted; the kernel caps it at <c>net.core.somaxconn</c>. Default: 512. Allowed:
    /// 1 and more.
    /// </summary>
    public int Backlog { get; set; } = 512;

    /// <summary>
    /// Gets or sets how many descriptors below the process's limit (RLIMIT_NOFILE) connections do not get. They stay free for the runtime,
    /// which aborts the process when it finds none, and for files, DNS and databases. When only these are left, accepting pauses and
    /// clients wait in the backlog. Default: null, which is 64 or 2 % of the limit, whichever is larger. Allowed: 0 to 1,048,576, or null; at
    /// most a quarter of the limit is kept free, with a warning at start-up if that is less than asked for. Each accept loop may use one
    /// descriptor of the reserve for the client that it has accepted last.
    /// </summary>
    public int? DescriptorReserve { get; set; }

    /// <summary>Sets TCP_NODELAY: answers leave at once, without waiting for the peer's ACK. Default: true.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// The most received bytes that wait for the application before reading pauses; it resumes at half. Null or 0: no limit. Default: 1
    /// MiB. Allowed: 0 and more.
    /// </summary>
    public long? MaxReadBufferSize { get; set; } = 1024 * 1024;

    /// <summary>
    /// The most bytes that wait for the peer before the application's flush waits; it resumes at half. Null or 0: no limit. Default: 64
    /// KiB. Allowed: 0 and more.
    /// </summary>
    public long? MaxWriteBufferSize { get; set; } = 64 * 1024;

    /// <summary>
    /// Gets or sets whether files are sent by sendfile(2), so that their bytes are not copied through the process: those of
    /// <c>SendFileAsync</c>, and so of <c>UseStaticFiles</c> and <c>Results.File</c> with a path, over HTTP/1.x without TLS, where the
    /// response has a Content-Length and nothing wraps its body. What the page cache does not hold is read on the thread pool, as elsewhere.
    /// Default: true. False: the response's feature stays Kestrel's own, and connections have no <c>ISendFileFeature</c>. nginx:
    /// <c>sendfile</c>.
    /// </summary>
    public bool SendFile { get; set; } = true;

    /// <summary>
    /// Here for <see cref="SocketTransportOptions"/>' sake. The readiness models take a buffer only when there is something to put in it,
    /// whatever this says. Default: true.
    /// </summary>
    public bool WaitForDataBeforeAllocatingBuffer { get; set; } = true;

    /// <summary>True means <see cref="ApplicationScheduling.Inline"/>, with all that is said there. Default: false.</summary>
    public bool UnsafePreferInlineScheduling { get; set; }

    /// <summary>
    /// Gets or sets which end points the transport takes: called once for each when Kestrel binds it, with the end point as it was
    /// configured (port 0 is 0 still; <c>ListenLocalhost</c> is two end points). Kestrel offers an end point to the transport that was
    /// registered last first; one that none takes is served by Kestrel's Sockets transport. Not called if <c>Kestrel:Transport:Use</c>
    /// selects a transport. An exception from it fails the start. Default: null, which takes all.
    /// </summary>
    public Func<EndPoint, bool>? Handles { get; set; }

    /// <summary>
    /// Makes the bound socket that the transport then listens on; the transport disposes it. One socket is made, so
    /// <see cref="AcceptStrategy.ReusePort"/> becomes
    /// <see cref="AcceptStrategy.Shared"/> if this is set. Default: <see cref="SocketTransportOptions.CreateDefaultBoundListenSocket"/>.
    /// </summary>
    public Func<EndPoint, Socket> CreateBoundListenSocket { get; set; } = SocketTransportOptions.CreateDefaultBoundListenSocket;

    /// <summary>FIN in place of RST when a connection ends for an error, as Kestrel's own switch has it.</summary>
    internal bool FinOnError { get; } = AppContext.TryGetSwitch("Microsoft.AspNetCore.Server.Kestrel.FinOnError", out bool finOnError) && finOnError;

    /// <summary>
    /// How loops accept where <see cref="AcceptStrategy.ReusePort"/> is not possible. A model that cannot share a socket says something
    /// else.
    /// </summary>
    internal virtual AcceptStrategy WithoutReusePort => AcceptStrategy.Shared;

    /// <summary>Whether the user has chosen a strategy: only then a fallback is worth more than a Debug line.</summary>
    internal bool HasAcceptStrategy => _acceptStrategy is not null;

    internal ThreadStarter GetThreadStarter() => _threadStarter;

    /// <summary>Replaces what starts worker threads, for tests in which that fails.</summary>
    internal void SetThreadStarter(ThreadStarter starter) => _threadStarter = starter;

    /// <summary>
    /// How long after the client's FIN a handler may still answer before <c>ConnectionClosed</c> is cancelled. A guess: most handlers
    /// answer within it, and for a client that has left it is a short delay of <c>RequestAborted</c>.
    /// </summary>
    internal TimeSpan AnswerGrace { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>0 with one processor, whatever was set: what the loop waits for could not happen meanwhile.</summary>
    internal int EffectiveSpinMicroseconds => Environment.ProcessorCount < 2 ? 0 : SpinMicroseconds ?? 50;

    internal ApplicationScheduling EffectiveScheduling => UnsafePreferInlineScheduling ? ApplicationScheduling.Inline : ApplicationScheduling;

    /// <summary>What is wrong with the values, a sentence each that names the option and what it allows.</summary>
    /// <returns>Empty when nothing is.</returns>
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
            yield return $"{nameof(ApplicationScheduling)} is {ApplicationScheduling}; allowed: {string.Join(", ", Enum.GetNames<ApplicationScheduling>())}.";
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
