using Transport.Core;

namespace Transport.Select;

/// <summary>What users set of the select transport. Bound from the configuration section <c>Kestrel:Transport:Select</c>.</summary>
public sealed class SelectTransportOptions : TransportOptions
{
    /// <summary>
    /// Descriptors below this number can be served; a connection whose descriptor is not below it is closed when it is accepted, counted
    /// (<c>transport.select.descriptors_refused</c>), and the first one logged. It is the number that counts and not how many there are:
    /// open files take numbers too. Default: 1,024, the classical FD_SETSIZE. Allowed: 64 to 1,048,576; above 1,024 wider sets go to the
    /// kernel, which takes them.
    /// </summary>
    public int MaxDescriptors { get; set; } = 1024;

    /// <summary>Which system call waits. Default: <see cref="SelectCall.Select"/>.</summary>
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
