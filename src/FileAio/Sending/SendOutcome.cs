namespace FileAio.Sending;

/// <summary>Specifies how sending a range ended.</summary>
internal enum SendEnd
{
    /// <summary>The whole range is in the pipe.</summary>
    Sent,

    /// <summary>The client disconnected.</summary>
    ClientGone,

    /// <summary>The file ended before the range.</summary>
    Shrank,

    /// <summary>A read failed.</summary>
    Failed,

    /// <summary>No buffer, or no place in the engine's queue, became available in time.</summary>
    Busy,

    /// <summary>The rest is not in the page cache and must be read directly.</summary>
    NotCached,

    /// <summary>The device does not support direct reads; the rest must be read through the page cache.</summary>
    NotDirect,
}

/// <summary>The result of sending a range, and the file offset where it ended.</summary>
internal readonly record struct SendOutcome(SendEnd End, long Position, SysResult Reason = default)
{
    /// <summary>The outcome of a direct read that failed.</summary>
    public static SendOutcome OfFailedRead(SysResult reason, long position) => reason.Errno switch
    {
        Errno.EINVAL or Errno.EOPNOTSUPP => new SendOutcome(SendEnd.NotDirect, position, reason),
        Errno.EAGAIN => new SendOutcome(SendEnd.Busy, position, reason),
        _ => new SendOutcome(SendEnd.Failed, position, reason),
    };
}
