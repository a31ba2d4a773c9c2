namespace FileAio.Sending;

/// <summary>How the sending of a range ended.</summary>
internal enum SendEnd
{
    /// <summary>All of it is in the pipe.</summary>
    Sent,

    /// <summary>The client went away: no error of ours.</summary>
    ClientGone,

    /// <summary>The file ended before the range did.</summary>
    Shrank,

    /// <summary>A read failed.</summary>
    Failed,

    /// <summary>No buffer, or no place in the engine's queue, came free in time.</summary>
    Busy,

    /// <summary>The page cache holds no more of it: go on past it.</summary>
    NotCached,

    /// <summary>The device takes no direct reads after all: go on through the page cache.</summary>
    NotDirect,
}

/// <summary>How it ended, and at which byte of the file.</summary>
internal readonly record struct SendOutcome(SendEnd End, long Position, SysResult Reason = default);
