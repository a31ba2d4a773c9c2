using Microsoft.Extensions.Logging;

namespace Transport.Core.ProxyProtocol;

/// <summary>The log messages of <c>UseProxyProtocol</c>. At Debug, because clients decide how often they occur.</summary>
internal static partial class ProxyProtocolLog
{
    public const string Category = "Transport.Core.ProxyProtocol";

    [LoggerMessage(1, LogLevel.Debug, @"Connection id ""{ConnectionId}"" from {RemoteEndPoint} is reset: {Reason}.",
        EventName = "ProxyHeaderRefused")]
    public static partial void Refused(ILogger logger, string connectionId, object? remoteEndPoint, string reason);

    [LoggerMessage(2, LogLevel.Debug, @"Connection id ""{ConnectionId}"" ended before its PROXY protocol header was complete: {Reason}",
        EventName = "ProxyHeaderIncomplete")]
    public static partial void Ended(ILogger logger, string connectionId, string reason);
}
