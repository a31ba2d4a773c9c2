using Microsoft.Extensions.Logging;

namespace Transport.Select;

/// <summary>What a loop makes of descriptors past its limit: all are counted, the first is logged.</summary>
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

    [LoggerMessage(110, LogLevel.Warning,
        "{Loop}: descriptor {Descriptor} is past select's limit of {Limit} (MaxDescriptors) and is refused; so will others be, without a word, and counted.",
        EventName = "DescriptorRefused")]
    private static partial void DescriptorRefused(ILogger logger, string loop, int descriptor, int limit);
}
