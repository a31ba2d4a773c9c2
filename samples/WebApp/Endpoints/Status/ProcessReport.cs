using System.Runtime;

namespace WebApp.Endpoints.Status;

/// <summary>Represents the resources that the process has used since its start; a load test compares two reports.</summary>
internal sealed record ProcessReport
{
    public required int Id { get; init; }

    /// <summary>The bytes allocated on the managed heap since process start.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>The number of garbage collections of generation 0, 1 and 2 (each counts in the lower ones too).</summary>
    public required int[] Collections { get; init; }

    /// <summary>The number of compiled methods. It stops growing when the JIT has settled.</summary>
    public required long CompiledMethods { get; init; }

    /// <summary>The number of threads of the thread pool.</summary>
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
