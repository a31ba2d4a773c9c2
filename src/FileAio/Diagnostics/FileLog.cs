using Microsoft.Extensions.Logging;

namespace FileAio.Diagnostics;

/// <summary>What operators are told, under the category <c>FileAio</c>.</summary>
internal static partial class FileLog
{
    public const string Category = "FileAio";

    [LoggerMessage(100, LogLevel.Information, "Serving {Root} at {RequestPath} by {Engine}; direct reads from {Threshold} bytes on.", EventName = "Serving")]
    public static partial void Serving(this ILogger logger, string root, string requestPath, string engine, string threshold);

    [LoggerMessage(101, LogLevel.Warning, "{Engine} is not to be had here: {Reason}. {Fallback} reads instead. {Hint}", EventName = "EngineFallback")]
    public static partial void EngineFallback(this ILogger logger, string engine, string reason, string fallback, string hint);

    [LoggerMessage(102, LogLevel.Information, "Device {Device} takes no direct reads ({Reason}): its files are read through the page cache. First seen with {Path}.", EventName = "DeviceFallback")]
    public static partial void DeviceFallback(this ILogger logger, string device, string reason, string path);

    [LoggerMessage(110, LogLevel.Information, "{Path} on device {Device} takes no direct reads ({Reason}): it is read through the page cache. Other files of the device are asked for themselves; this is logged once a device.", EventName = "FileFallback")]
    public static partial void FileFallback(this ILogger logger, string path, string device, string reason);

    [LoggerMessage(111, LogLevel.Warning, "UseDirectIoFiles needs {Needed}; this is {Found}. Using UseDefaultFiles and UseStaticFiles instead.", EventName = "FrameworkFallback")]
    public static partial void FrameworkFallback(this ILogger logger, string needed, string found);

    [LoggerMessage(112, LogLevel.Warning, "{Count} log messages were dropped: the log provider did not take them in time.", EventName = "MessagesDropped")]
    public static partial void MessagesDropped(this ILogger logger, long count);

    [LoggerMessage(103, LogLevel.Error, "Reading {Path} at {Offset} failed: {Reason}. The connection is closed.", EventName = "ReadFailed")]
    public static partial void ReadFailed(this ILogger logger, string path, long offset, string reason);

    [LoggerMessage(104, LogLevel.Warning, "{Path} ended at {Offset} while {Expected} bytes were promised: the file shrank. The connection is closed.", EventName = "FileShrank")]
    public static partial void FileShrank(this ILogger logger, string path, long offset, long expected);

    [LoggerMessage(105, LogLevel.Warning, "{Path} could not be opened: {Reason}.", EventName = "OpenFailed")]
    public static partial void OpenFailed(this ILogger logger, string path, string reason);

    [LoggerMessage(106, LogLevel.Warning, "No buffer or no reader came free for {Path} within {Timeout}: answered 503, or the connection closed.", EventName = "Busy")]
    public static partial void Busy(this ILogger logger, string path, TimeSpan timeout);

    [LoggerMessage(107, LogLevel.Warning, "{Root} does not exist: no files are served from it.", EventName = "NoRoot")]
    public static partial void NoRoot(this ILogger logger, string root);

    [LoggerMessage(108, LogLevel.Warning, "Reading {Path} at {Offset} by {Engine} has taken {Elapsed} and has not ended. Its buffer is the kernel's until it does.", EventName = "ReadOverdue")]
    public static partial void ReadOverdue(this ILogger logger, string path, long offset, string engine, TimeSpan elapsed);

    [LoggerMessage(109, LogLevel.Debug, "The client has taken nothing of {Path} for {Timeout}. The response is aborted.", EventName = "ClientStalled")]
    public static partial void ClientStalled(this ILogger logger, string path, TimeSpan timeout);
}
