namespace Transport.Select;

/// <summary>What one loop on select counts beyond what every loop does. Written by the loop's thread alone.</summary>
internal sealed class SelectCounters
{
    public long DescriptorsRefused;
}
