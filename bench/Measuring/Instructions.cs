namespace Bench.Measuring;

/// <summary>Instructions, where the machine counts them: they repeat to a per cent where times do not.</summary>
internal static class Instructions
{
    /// <summary>
    /// The events of the two that can be counted here; none on most virtual machines. Filled by <see cref="ProbeAsync"/>.
    /// </summary>
    public static IReadOnlyCollection<string> Supported { get; private set; } = [];

    /// <summary>Tries both for real.</summary>
    /// <returns>Why there are none; null when there are.</returns>
    public static async Task<string?> ProbeAsync()
    {
        if (!Load.Tool.Perf.IsHere)
        {
            return $"instructions and system calls per request: {Load.Tool.Perf.Missing}";
        }

        Supported = [.. await PerfStat.SupportedAsync(PerfStat.UserInstructions, PerfStat.KernelInstructions)];
        return Supported.Count > 0 ? null : "instructions per request: perf says that this (virtual) machine has no counter for them";
    }
}
