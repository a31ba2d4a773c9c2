namespace Test.Shared;

/// <summary>What a call may meet by chance. The values are those of faults.c.</summary>
[Flags]
public enum DiceFaults
{
    None = 0,

    /// <summary>A transfer of fewer bytes than asked for; what is left is reported anew.</summary>
    ShortTransfer = 1,

    /// <summary>EAGAIN although there is something, reported anew afterwards. Not lawful for blocking descriptors.</summary>
    Again = 2,

    /// <summary>The call takes up to a millisecond longer.</summary>
    Delay = 4,

    /// <summary>EINTR, of transfers, accepts and waits.</summary>
    Interrupted = 8,

    /// <summary>An accept that fails for the client's own sake: ECONNABORTED, EPROTO, ENETDOWN and their like.</summary>
    LostAccept = 16,

    /// <summary>An accept that fails for want of memory or descriptors: ENOBUFS, ENOMEM, EMFILE, ENFILE. Accepting pauses.</summary>
    ScarceAccept = 32,

    Default = ShortTransfer | Again | Delay | Interrupted | LostAccept,
    All = Default | ScarceAccept,
}
