using Transport.Core;

namespace Transport.Select;

/// <summary>The options of the poll transport. Bound from the configuration section <c>Kestrel:Transport:Poll</c>.</summary>
public sealed class PollTransportOptions : TransportOptions
{
    /// <summary>Gets or sets which system call waits. Default: <see cref="PollCall.Poll"/>.</summary>
    public PollCall Call { get; set; } = PollCall.Poll;

    /// <inheritdoc/>
    protected internal override IEnumerable<string> Validate()
    {
        foreach (string problem in base.Validate())
        {
            yield return problem;
        }

        if (!Enum.IsDefined(Call))
        {
            yield return $"{nameof(Call)} is {Call}; allowed: {string.Join(", ", Enum.GetNames<PollCall>())}.";
        }
    }
}
