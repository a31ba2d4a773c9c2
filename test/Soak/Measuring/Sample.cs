using Soak.Server;

namespace Soak.Measuring;

/// <summary>The server process at one moment.</summary>
/// <param name="At">Since the run began.</param>
/// <param name="Pss">Proportional memory, in bytes.</param>
/// <param name="Rss">Resident memory, in bytes.</param>
/// <param name="Threads">All threads.</param>
/// <param name="Descriptors">Open descriptors by kind.</param>
/// <param name="Status">What the server tells of itself; null where it did not answer.</param>
internal sealed record Sample(TimeSpan At, long Pss, long Rss, int Threads, IReadOnlyDictionary<string, int> Descriptors,
    ServerStatus? Status)
{
    public int DescriptorCount => Descriptors.Values.Sum();
}
