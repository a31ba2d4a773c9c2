using Microsoft.Extensions.Logging;

namespace FileAio.Diagnostics;

/// <summary>The log messages of the category <c>FileAio</c>.</summary>
internal static partial class FileLog
{
    public const string Category = "FileAio";
    public const int ReadFailedId = 103, OpenFailedId = 105, BusyId = 106;

    [LoggerMessage(100, LogLevel.Information,
        "Serving {Root} at {RequestPath} by {Engine}. Direct I/O threshold: {Threshold}.", EventName = "Serving")]
    public static partial void Serving(this ILogger logger, string root, string requestPath, string engine, string threshold);

    [LoggerMessage(101, LogLevel.Warning,
        "{Engine} is not supported here: {Reason}. Using {Fallback} instead. {Hint}", EventName = "EngineFallback")]
    public static partial void EngineFallback(this ILogger logger, string engine, string reason, string fallback, string hint);

    [LoggerMessage(102, LogLevel.Information,
        "Device {Device} does not support direct reads: {Reason}. Reading its files through the page cache instead. First file: "
            + "{Path}.", EventName = "DeviceFallback")]
    public static partial void DeviceFallback(this ILogger logger, string device, string reason, string path);

    [LoggerMessage(115, LogLevel.Information,
        "{Path} on device {Device} does not support direct reads: {Reason}. Reading it through the page cache instead. Other "
            + "files of the device are checked separately. This is logged once per device.", EventName = "FileFallback")]
    public static partial void FileFallback(this ILogger logger, string path, string device, string reason);

    [LoggerMessage(116, LogLevel.Warning,
        "{Count} log messages were dropped because the log provider was too slow.", EventName = "MessagesDropped")]
    public static partial void MessagesDropped(this ILogger logger, long count);

    [LoggerMessage(ReadFailedId, LogLevel.Error,
        "Reading {Path} at {Offset} failed: {Reason}. The response is 500 or 503, or the connection is closed. {Suppressed} "
            + "similar messages were suppressed.", EventName = "ReadFailed")]
    public static partial void ReadFailed(this ILogger logger, string path, long offset, string reason, long suppressed);

    [LoggerMessage(104, LogLevel.Warning,
        "{Path} shrank while it was sent: {Expected} bytes are missing at {Offset}. The connection is closed.",
        EventName = "FileShrank")]
    public static partial void FileShrank(this ILogger logger, string path, long offset, long expected);

    [LoggerMessage(EventId = OpenFailedId,
        Message = "Opening {Path} failed: {Reason}. The response is {StatusCode}. {Suppressed} similar messages were suppressed.",
        EventName = "OpenFailed")]
    public static partial void OpenFailed(this ILogger logger, LogLevel level, string path, string reason, int statusCode, long suppressed);

    [LoggerMessage(BusyId, LogLevel.Warning,
        "No buffer or reader became available for {Path} within {Timeout}. The response is 503, or the connection is closed. "
            + "{Suppressed} similar messages were suppressed.", EventName = "Busy")]
    public static partial void Busy(this ILogger logger, string path, TimeSpan timeout, long suppressed);

    [LoggerMessage(107, LogLevel.Warning,
        "{Root} is not a folder that can be opened. No files are served from it until it can be. Requests check it again at "
            + "most every {Interval}.", EventName = "NoRoot")]
    public static partial void NoRoot(this ILogger logger, string root, TimeSpan interval);

    [LoggerMessage(108, LogLevel.Warning,
        "Reading {Path} at {Offset} by {Engine} has not completed after {Elapsed}. Its buffer stays in use until it completes.",
        EventName = "ReadOverdue")]
    public static partial void ReadOverdue(this ILogger logger, string path, long offset, string engine, TimeSpan elapsed);

    [LoggerMessage(109, LogLevel.Debug,
        "The client has received nothing of {Path} for {Timeout}. The response is aborted.", EventName = "ClientStalled")]
    public static partial void ClientStalled(this ILogger logger, string path, TimeSpan timeout);

    [LoggerMessage(110, LogLevel.Information,
        "{Root} now leads to another folder. Serving files from that folder.", EventName = "RootChanged")]
    public static partial void RootChanged(this ILogger logger, string root);

    [LoggerMessage(111, LogLevel.Warning,
        "{Root} can no longer be opened: {Reason}. No files are served from it until it can be. Requests check it again at most "
            + "every {Interval}.", EventName = "RootLost")]
    public static partial void RootLost(this ILogger logger, string root, string reason, TimeSpan interval);

    [LoggerMessage(112, LogLevel.Warning,
        "Checking the path {Root} failed: {Reason}. Serving files from the previous folder. Retrying in {Interval}.",
        EventName = "RootCheckFailed")]
    public static partial void RootCheckFailed(this ILogger logger, string root, string reason, TimeSpan interval);

    [LoggerMessage(113, LogLevel.Warning,
        "UseDirectIoFiles is not supported here: {Reason}. Using UseDefaultFiles and UseStaticFiles instead; options for "
            + "reading and sending have no effect.", EventName = "FrameworkFiles")]
    public static partial void FrameworkFiles(this ILogger logger, string reason);

    [LoggerMessage(114, LogLevel.Debug,
        "The client receives {Path} more slowly than the minimum response data rate. The response is aborted.",
            EventName = "ClientTooSlow")]
    public static partial void ClientTooSlow(this ILogger logger, string path);
}
