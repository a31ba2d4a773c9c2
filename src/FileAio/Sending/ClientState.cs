namespace FileAio.Sending;

/// <summary>What a client that a flush waits for is taken to do.</summary>
internal enum ClientState
{
    /// <summary>It takes enough.</summary>
    Reading,

    /// <summary>It has taken nothing for the send timeout.</summary>
    Stalled,

    /// <summary>It has taken less than the minimum response data rate.</summary>
    TooSlow,
}
