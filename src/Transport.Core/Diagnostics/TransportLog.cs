using Microsoft.Extensions.Logging;

namespace Transport.Core.Diagnostics;

/// <summary>
/// The log messages of a transport. Events below 100 have Kestrel's ids and names (3 is reserved there); the others start at 100.
/// </summary>
internal static partial class TransportLog
{
    /// <summary>
    /// The level of messages that are logged once at start-up. The ASP.NET Core templates show <c>Microsoft.AspNetCore</c> from Warning on.
    /// </summary>
    public const string StartCategory = "Transport.Core";

    [LoggerMessage(0, LogLevel.Error, @"Unexpected exception in the transport, connection id ""{ConnectionId}"".",
        EventName = "UnexpectedError")]
    public static partial void UnexpectedError(ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(4, LogLevel.Debug, @"Connection id ""{ConnectionId}"" paused.", EventName = "ConnectionPause")]
    public static partial void ConnectionPause(ILogger logger, string connectionId);

    [LoggerMessage(5, LogLevel.Debug, @"Connection id ""{ConnectionId}"" resumed.", EventName = "ConnectionResume")]
    public static partial void ConnectionResume(ILogger logger, string connectionId);

    [LoggerMessage(6, LogLevel.Debug, @"Connection id ""{ConnectionId}"" received FIN.", EventName = "ConnectionReadFin")]
    public static partial void ConnectionReadFin(ILogger logger, string connectionId);

    [LoggerMessage(7, LogLevel.Debug, @"Connection id ""{ConnectionId}"" sending FIN because: ""{Reason}""",
        EventName = "ConnectionWriteFin")]
    public static partial void ConnectionWriteFin(ILogger logger, string connectionId, string reason);

    [LoggerMessage(8, LogLevel.Debug, @"Connection id ""{ConnectionId}"" sending RST because: ""{Reason}""",
        EventName = "ConnectionWriteRst")]
    public static partial void ConnectionWriteRst(ILogger logger, string connectionId, string reason);

    [LoggerMessage(14, LogLevel.Debug, @"Connection id ""{ConnectionId}"" communication error.", EventName = "ConnectionError")]
    public static partial void ConnectionError(ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(19, LogLevel.Debug, @"Connection id ""{ConnectionId}"" reset.", EventName = "ConnectionReset")]
    public static partial void ConnectionReset(ILogger logger, string connectionId);

    [LoggerMessage(100, LogLevel.Warning, "Accepting on {EndPoint} paused: {Reason}. Retrying automatically; clients wait in the backlog.",
        EventName = "AcceptPause")]
    public static partial void AcceptPause(ILogger logger, object endPoint, string reason);

    [LoggerMessage(101, LogLevel.Information, "Accepting on {EndPoint} resumed.", EventName = "AcceptResume")]
    public static partial void AcceptResume(ILogger logger, object endPoint);

    [LoggerMessage(102, LogLevel.Debug, "A connection to {EndPoint} was lost before it was accepted: {Reason}. Accepting continues.",
        EventName = "AcceptError")]
    public static partial void AcceptError(ILogger logger, object endPoint, string reason);

    [LoggerMessage(103, LogLevel.Critical,
        "The event loop {Loop} failed. Its connections are aborted and the host is stopped with a non-zero exit code.",
        EventName = "LoopFailed")]
    public static partial void LoopFailed(ILogger logger, string loop, Exception exception);

    /// <summary>Debug if the strategy is the default, which does not apply everywhere; Information if the user has set it.</summary>
    [LoggerMessage(EventId = 104, Message = "AcceptStrategy {Wanted} is not supported on {EndPoint} ({Reason}). Using {Fallback} instead.",
        EventName = "AcceptStrategyFallback")]
    public static partial void AcceptStrategyFallback(
        ILogger logger, LogLevel level, string wanted, object endPoint, string reason, AcceptStrategy fallback);

    [LoggerMessage(108, LogLevel.Warning,
        "The descriptor limit of {Limit} (RLIMIT_NOFILE) is low. "
        + "{Reserve} descriptors are reserved; DescriptorReserve is {Wanted}. About {Room} remain for connections. "
        + "Further clients wait in the backlog. Raise the limit (ulimit -n, LimitNOFILE=).",
        EventName = "DescriptorLimitLow")]
    public static partial void DescriptorLimitLow(ILogger logger, int limit, int wanted, int reserve, int room);

    [LoggerMessage(105, LogLevel.Warning,
        "{Loop}: all {Workers} worker threads are busy or blocked (MaxWorkers). Work items are queued until one completes.",
        EventName = "WorkersExhausted")]
    public static partial void WorkersExhausted(ILogger logger, string loop, int workers);

    [LoggerMessage(106, LogLevel.Error, "A connection accepted on {EndPoint} could not be started. It is reset; accepting continues.",
        EventName = "ConnectionNotStarted")]
    public static partial void ConnectionNotStarted(ILogger logger, object endPoint, Exception exception);

    [LoggerMessage(107, LogLevel.Error, "Unhandled exception in an application callback run by {Loop}. The loop continues.",
        EventName = "ApplicationCallbackFailed")]
    public static partial void ApplicationCallbackFailed(ILogger logger, string loop, Exception exception);

    [LoggerMessage(111, LogLevel.Warning,
        "An event loop did not stop accepting on {EndPoint} before the shutdown token was cancelled, because its thread is blocked. "
        + "The listening socket is closed without it.", EventName = "UnbindForced")]
    public static partial void UnbindForced(ILogger logger, object endPoint);

    [LoggerMessage(109, LogLevel.Error, "{Loop}: disposing the memory pool failed. Shutdown continues.", EventName = "PoolDisposeFailed")]
    public static partial void PoolDisposeFailed(ILogger logger, string loop, Exception exception);

    [LoggerMessage(110, LogLevel.Warning,
        "A worker thread of {Loop} could not be started: {Reason} Continuing with {Workers} worker threads. "
        + "Retrying while requests wait; further failures are not logged.",
        EventName = "WorkerNotStarted")]
    public static partial void WorkerNotStarted(ILogger logger, string loop, string reason, long workers);

    [LoggerMessage(112, LogLevel.Information,
        "Listening on {EndPoint}: {Transport}, {Loops} event loops, application code on {Scheduling}, accept strategy {AcceptStrategy}.",
        EventName = "Listening")]
    public static partial void Listening(
        ILogger logger,
        object endPoint,
        string transport,
        int loops,
        ApplicationScheduling scheduling,
        AcceptStrategy acceptStrategy);

    [LoggerMessage(113, LogLevel.Information, "Kestrel:Transport:Use selects {Transport} for all end points. Registered: {Registered}.",
        EventName = "TransportSelected")]
    public static partial void TransportSelected(ILogger logger, string transport, string registered);

    [LoggerMessage(114, LogLevel.Warning,
        "The configuration section {Section} belongs to no registered transport and is ignored. "
        + "The nearest is {Nearest}. Allowed: {Allowed}.",
        EventName = "UnusedSection")]
    public static partial void UnusedSection(ILogger logger, string section, string nearest, string allowed);

    [LoggerMessage(115, LogLevel.Warning,
        "Connections on {EndPoint} are reset: {Reason}. They are counted (transport.connections_refused). "
        + "This message is logged once in 10 seconds.",
        EventName = "ConnectionsRefused")]
    public static partial void ConnectionsRefused(ILogger logger, object endPoint, string reason);

    [LoggerMessage(117, LogLevel.Information,
        "Took over {EndPoint} ({Sockets} listening sockets) from process {ProcessId}, which stops when this process has started.",
        EventName = "TookOver")]
    public static partial void TookOver(ILogger logger, object endPoint, int sockets, int processId);

    [LoggerMessage(118, LogLevel.Information,
        "Process {ProcessId} has taken over the listening sockets. Stopping; open connections are served during DrainTime.",
        EventName = "HandedOver")]
    public static partial void HandedOver(ILogger logger, int processId);

    [LoggerMessage(119, LogLevel.Warning,
        "{EndPoint} of process {ProcessId} is not an end point of this process. Its listening sockets are closed.",
        EventName = "NotTakenOver")]
    public static partial void NotTakenOver(ILogger logger, string endPoint, int processId);

    [LoggerMessage(121, LogLevel.Warning, "A hand-over at {Path} failed: {Reason} This process remains in service.",
        EventName = "HandOverFailed")]
    public static partial void HandOverFailed(ILogger logger, string path, string reason);

    [LoggerMessage(122, LogLevel.Error,
        "The hand-over at {Path} cannot be offered: {Reason} Stopping; a previous process remains in service.",
        EventName = "HandOverNotOffered")]
    public static partial void HandOverNotOffered(ILogger logger, string path, string reason);

    [LoggerMessage(123, LogLevel.Information,
        "Took {EndPoint} ({Sockets} listening sockets) from systemd's file descriptor store. Clients that connected meanwhile are served.",
        EventName = "TookFromStore")]
    public static partial void TookFromStore(ILogger logger, object endPoint, int sockets);

    [LoggerMessage(124, LogLevel.Warning,
        "The listening sockets of {EndPoint} are not kept by systemd: {Reason} A restart resets clients that wait for it.",
        EventName = "NotStored")]
    public static partial void NotStored(ILogger logger, object endPoint, string reason);

    [LoggerMessage(125, LogLevel.Information,
        "SystemdFileDescriptorStore has no effect: NOTIFY_SOCKET is not set, so systemd has not started this process.",
        EventName = "NoDescriptorStore")]
    public static partial void NoDescriptorStore(ILogger logger);

    [LoggerMessage(126, LogLevel.Warning,
        "{EndPoint} is in systemd's file descriptor store, and is not an end point of this process. Its listening sockets are closed.",
        EventName = "StoredSocketUnused")]
    public static partial void StoredSocketUnused(ILogger logger, string endPoint);

    [LoggerMessage(127, LogLevel.Warning,
        "{Sockets} listening sockets do not fit into systemd's file descriptor store, which takes {Capacity} (FileDescriptorStoreMax=). "
        + "A restart resets clients that wait on the others. Raise the value.", EventName = "DescriptorStoreFull")]
    public static partial void DescriptorStoreFull(ILogger logger, int sockets, int capacity);

    [LoggerMessage(116, LogLevel.Debug, "A connection from {RemoteEndPoint} to {EndPoint} is reset: {Reason}.",
        EventName = "ConnectionRefused")]
    public static partial void ConnectionRefused(ILogger logger, object remoteEndPoint, object endPoint, string reason);
}
