using Microsoft.Extensions.Logging;

namespace Transport.Select;

/// <summary>Counts and logs a loop's descriptors above its limit: all are counted, the first one is logged.</summary>
internal sealed partial class SelectRefusals(SelectCounters counters, ILogger logger, string loop)
{
    private bool _logged;

    public void Refuse(int descriptor, int limit)
    {
        counters.DescriptorsRefused++;
        if (!_logged)
        {
            _logged = true;
            DescriptorRefused(logger, loop, descriptor, limit);
        }
    }

    [LoggerMessage(140, LogLevel.Warning,
        "{Loop}: descriptor {Descriptor} is not below the limit of {Limit} (MaxDescriptors) and is refused. "
            + "Further ones are counted (transport.select.descriptors_refused) and not logged.",
        EventName = "DescriptorRefused")]
    private static partial void DescriptorRefused(ILogger logger, string loop, int descriptor, int limit);
}
