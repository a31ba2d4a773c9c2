using Transport.Core;

namespace Transport.Blocking;

/// <summary>
/// What users set of the blocking transport. Bound from the configuration section <c>Kestrel:Transport:Blocking</c>.
/// <see cref="TransportOptions.WaitForDataBeforeAllocatingBuffer"/> has a meaning here: true costs a system call a receive (recv with
/// MSG_PEEK waits), false costs an idle connection a block.
/// </summary>
public sealed class BlockingTransportOptions : TransportOptions
{
    /// <summary>
    /// Threads for all connections together. Each connection counts for two: one receives, from its first byte on; one sends what the
    /// socket's buffer does not take at once, and is started only then. When no two are left nothing is accepted until a connection ends:
    /// clients wait in the backlog, which is counted (<c>transport.blocking.accept_waits</c>) and logged. Beside these there is a thread
    /// for every listening socket. Default: 4,096. Allowed: 2 to 65,536.
    /// </summary>
    public int MaxThreads { get; set; } = 4096;

    /// <inheritdoc/>
    protected internal override IEnumerable<string> Validate()
    {
        foreach (string problem in base.Validate())
        {
            yield return problem;
        }

        if (MaxThreads is < 2 or > 65536)
        {
            yield return $"{nameof(MaxThreads)} is {MaxThreads}; allowed: 2 to 65536.";
        }
    }
}
