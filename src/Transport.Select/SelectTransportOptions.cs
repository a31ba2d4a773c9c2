using Transport.Core;

namespace Transport.Select;

/// <summary>The options of the select transport. Bound from the configuration section <c>Kestrel:Transport:Select</c>.</summary>
public sealed class SelectTransportOptions : TransportOptions
{
    /// <summary>
    /// Gets or sets the limit for descriptor numbers. A connection whose descriptor is not below it is closed when it is accepted, counted
    /// (<c>transport.select.descriptors_refused</c>), and the first one is logged. The limit applies to the number, not the count: open
    /// files use numbers too. Above 1,024 larger sets are passed to the kernel, which supports them. Default: 1,024, the traditional
    /// FD_SETSIZE. Allowed: 64 to 1,048,576.
    /// </summary>
    public int MaxDescriptors { get; set; } = 1024;

    /// <summary>Gets or sets which system call waits. Default: <see cref="SelectCall.Select"/>.</summary>
    public SelectCall Call { get; set; } = SelectCall.Select;

    /// <inheritdoc/>
    protected internal override IEnumerable<string> Validate()
    {
        foreach (string problem in base.Validate())
        {
            yield return problem;
        }

        if (MaxDescriptors is < 64 or > 1024 * 1024)
        {
            yield return $"{nameof(MaxDescriptors)} is {MaxDescriptors}; allowed: 64 to 1048576.";
        }

        if (!Enum.IsDefined(Call))
        {
            yield return $"{nameof(Call)} is {Call}; allowed: {string.Join(", ", Enum.GetNames<SelectCall>())}.";
        }
    }
}
