namespace Bench.Servers;

/// <summary>The response of the sample's <c>/transport</c>: statistics of its process, and the counters of the transport.</summary>
internal sealed record SelfReport(string Scheduling, int Loops, IReadOnlyDictionary<string, long>? Counters, SelfReport.Runtime Process)
{
    internal sealed record Runtime(long AllocatedBytes, int[] Collections, long CompiledMethods, int ThreadPoolThreads);
}
