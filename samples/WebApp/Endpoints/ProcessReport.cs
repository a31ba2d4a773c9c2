using System.Runtime;

namespace WebApp.Endpoints;

/// <summary>What the process has used since it started: what a load test compares before and after.</summary>
internal sealed record ProcessReport
{
    public required int Id { get; init; }

    /// <summary>Bytes allocated on the managed heap, ever.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>Collections of generation 0, 1 and 2 (each counts in the lower ones too).</summary>
    public required int[] Collections { get; init; }

    /// <summary>Methods compiled, ever: standing still means that the JIT has settled.</summary>
    public required long CompiledMethods { get; init; }

    /// <summary>Threads of the thread pool.</summary>
    public required int ThreadPoolThreads { get; init; }

    public static ProcessReport Read() => new()
    {
        Id = Environment.ProcessId,
        AllocatedBytes = GC.GetTotalAllocatedBytes(),
        Collections = [GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2)],
        CompiledMethods = JitInfo.GetCompiledMethodCount(),
        ThreadPoolThreads = ThreadPool.ThreadCount,
    };
}
