using Transport.Core;

namespace Transport.Blocking;

/// <summary>
/// The options of the blocking transport. Bound from the configuration section <c>Kestrel:Transport:Blocking</c>. <see
/// cref="TransportOptions.WaitForDataBeforeAllocatingBuffer"/> has an effect here. True costs a system call for each receive (recv with
/// MSG_PEEK waits); false costs a buffer for each idle connection.
/// </summary>
public sealed class BlockingTransportOptions : TransportOptions
{
    /// <summary>
    /// Gets or sets the maximum number of threads for all connections together. Each connection counts for two. One receives, from its
    /// first byte on. One sends what does not fit in the socket's buffer, and is started only then. When fewer than two are left, accepting
    /// pauses until a connection ends: clients wait in the backlog, which is counted (<c>transport.blocking.accept_waits</c>) and logged.
    /// Each listening socket has a further thread. Default: 4,096. Allowed: 2 to 65,536.
    /// </summary>
    public int MaxThreads { get; set; } = 4096;

    /// <inheritdoc/>
    protected internal override IEnumerable<string> Validate()
    {
        foreach (string problem in base.Validate())
        {
            yield return problem;
        }

        if (HandOverPath is not null)
        {
            yield return $"{nameof(HandOverPath)} is \"{HandOverPath}\"; allowed on this transport: null "
                + "(a client that is accepted while the accept thread stops is reset).";
        }

        if (SystemdFileDescriptorStore)
        {
            yield return $"{nameof(SystemdFileDescriptorStore)} is true; allowed on this transport: false "
                + "(a client that is accepted while the accept thread stops is reset).";
        }

        if (MaxThreads is < 2 or > 65536)
        {
            yield return $"{nameof(MaxThreads)} is {MaxThreads}; allowed: 2 to 65536.";
        }
    }
}
