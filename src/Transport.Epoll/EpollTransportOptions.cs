using Transport.Core;

namespace Transport.Epoll;

/// <summary>The options of the epoll transport. Bound from the configuration section <c>Kestrel:Transport:Epoll</c>.</summary>
public sealed class EpollTransportOptions : TransportOptions
{
    /// <summary>Gets or sets how epoll reports readiness. Default: <see cref="EpollTrigger.Edge"/>.</summary>
    public EpollTrigger Trigger { get; set; } = EpollTrigger.Edge;

    /// <inheritdoc/>
    protected internal override IEnumerable<string> Validate()
    {
        foreach (string problem in base.Validate())
        {
            yield return problem;
        }

        if (!Enum.IsDefined(Trigger))
        {
            yield return $"{nameof(Trigger)} is {Trigger}; allowed: {string.Join(", ", Enum.GetNames<EpollTrigger>())}.";
        }
    }
}
