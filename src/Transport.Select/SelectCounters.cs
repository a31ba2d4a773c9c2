namespace Transport.Select;

/// <summary>The counters of a select loop, in addition to those of every loop. Only the loop's thread writes them.</summary>
internal sealed class SelectCounters
{
    public long DescriptorsRefused;
}
