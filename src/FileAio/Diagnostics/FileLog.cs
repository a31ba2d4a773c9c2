using Microsoft.Extensions.Logging;

namespace FileAio.Diagnostics;

/// <summary>What operators are told, under the category <c>FileAio</c>.</summary>
internal static partial class FileLog
{
    public const string Category = "FileAio";
    public const int ReadFailedId = 103, OpenFailedId = 105, BusyId = 106;

    [LoggerMessage(100, LogLevel.Information, "Serving {Root} at {RequestPath} by {Engine}; direct reads from {Threshold} bytes on.", EventName = "Serving")]
    public static partial void Serving(this ILogger logger, string root, string requestPath, string engine, string threshold);

    [LoggerMessage(101, LogLevel.Warning, "{Engine} is not to be had here: {Reason}. {Fallback} reads instead. {Hint}", EventName = "EngineFallback")]
    public static partial void EngineFallback(this ILogger logger, string engine, string reason, string fallback, string hint);

    [LoggerMessage(102, LogLevel.Information, "Device {Device} takes no direct reads ({Reason}): its files are read through the page cache. First seen with {Path}.", EventName = "DeviceFallback")]
    public static partial void DeviceFallback(this ILogger logger, string device, string reason, string path);

    [LoggerMessage(115, LogLevel.Information, "{Path} on device {Device} takes no direct reads ({Reason}): it is read through the page cache. Other files of the device are asked for themselves; this is logged once a device.", EventName = "FileFallback")]
    public static partial void FileFallback(this ILogger logger, string path, string device, string reason);

    [LoggerMessage(116, LogLevel.Warning, "{Count} log messages were dropped: the log provider did not take them in time.", EventName = "MessagesDropped")]
    public static partial void MessagesDropped(this ILogger logger, long count);

    [LoggerMessage(ReadFailedId, LogLevel.Error, "Reading {Path} at {Offset} failed: {Reason}. The response is an error, or its connection is closed. {Suppressed} of this cause were not logged since the last.", EventName = "ReadFailed")]
    public static partial void ReadFailed(this ILogger logger, string path, long offset, string reason, long suppressed);

    [LoggerMessage(104, LogLevel.Warning, "{Path} ended at {Offset} while {Expected} bytes were promised: the file shrank. The connection is closed.", EventName = "FileShrank")]
    public static partial void FileShrank(this ILogger logger, string path, long offset, long expected);

    [LoggerMessage(EventId = OpenFailedId, Message = "Opening {Path} failed: {Reason}. The response is {StatusCode}. {Suppressed} of this cause were not logged since the last.", EventName = "OpenFailed")]
    public static partial void OpenFailed(this ILogger logger, LogLevel level, string path, string reason, int statusCode, long suppressed);

    [LoggerMessage(BusyId, LogLevel.Warning, "No buffer or no reader came free for {Path} within {Timeout}: the response is 503, or its connection is closed. {Suppressed} of this cause were not logged since the last.", EventName = "Busy")]
    public static partial void Busy(this ILogger logger, string path, TimeSpan timeout, long suppressed);

    [LoggerMessage(107, LogLevel.Warning, "{Root} is not a folder that can be opened: no files are served from it until it is. It is checked by requests, every {Interval} at most.", EventName = "NoRoot")]
    public static partial void NoRoot(this ILogger logger, string root, TimeSpan interval);

    [LoggerMessage(108, LogLevel.Warning, "Reading {Path} at {Offset} by {Engine} has taken {Elapsed} and has not ended. Its buffer is the kernel's until it does.", EventName = "ReadOverdue")]
    public static partial void ReadOverdue(this ILogger logger, string path, long offset, string engine, TimeSpan elapsed);

    [LoggerMessage(109, LogLevel.Debug, "The client has taken nothing of {Path} for {Timeout}. The response is aborted.", EventName = "ClientStalled")]
    public static partial void ClientStalled(this ILogger logger, string path, TimeSpan timeout);

    [LoggerMessage(110, LogLevel.Information, "{Root} leads to another folder. Files are served from that one.", EventName = "RootChanged")]
    public static partial void RootChanged(this ILogger logger, string root);

    [LoggerMessage(111, LogLevel.Warning, "{Root} cannot be opened any more: {Reason}. No files are served from it until it can be. It is checked by requests, every {Interval} at most.", EventName = "RootLost")]
    public static partial void RootLost(this ILogger logger, string root, string reason, TimeSpan interval);

    [LoggerMessage(112, LogLevel.Warning, "Checking where {Root} leads failed: {Reason}. Files are served from the folder that it led to. It is checked again in {Interval}.", EventName = "RootCheckFailed")]
    public static partial void RootCheckFailed(this ILogger logger, string root, string reason, TimeSpan interval);

    [LoggerMessage(113, LogLevel.Warning, "UseDirectIoFiles is not supported here: {Reason}. Using UseDefaultFiles and UseStaticFiles instead; options of reading and sending have no effect.", EventName = "FrameworkFiles")]
    public static partial void FrameworkFiles(this ILogger logger, string reason);

    [LoggerMessage(114, LogLevel.Debug,
        "The client takes {Path} more slowly than the minimum response data rate. The response is aborted.", EventName = "ClientTooSlow")]
    public static partial void ClientTooSlow(this ILogger logger, string path);
}
