namespace Bench.Servers;

/// <summary>What the sample's <c>/transport</c> tells of its process, and the transport's counters where it has some.</summary>
internal sealed record SelfReport(string Scheduling, int Loops, IReadOnlyDictionary<string, long>? Counters, SelfReport.Runtime Process)
{
    internal sealed record Runtime(long AllocatedBytes, int[] Collections, long CompiledMethods, int ThreadPoolThreads);
}
