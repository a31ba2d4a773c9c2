namespace FileAio.Sending;

/// <summary>Specifies the state of a client that a flush waits for.</summary>
internal enum ClientState
{
    /// <summary>The client receives fast enough.</summary>
    Reading,

    /// <summary>The client has received nothing for the send timeout.</summary>
    Stalled,

    /// <summary>The client has received less than the minimum response data rate.</summary>
    TooSlow,
}
