using Bench.Load;

namespace Bench.Measuring;

/// <summary>The instruction counters of this machine. Counts of instructions repeat to about one per cent where times do not.</summary>
/// <param name="Events">The events that perf can count; empty on most virtual machines.</param>
/// <param name="Missing">Why there are none; null when there are some.</param>
internal sealed record InstructionCounters(IReadOnlyCollection<string> Events, string? Missing)
{
    /// <summary>Counts each event once to find out which are supported.</summary>
    public static async Task<InstructionCounters> ProbeAsync()
    {
        if (!Tool.Perf.IsHere)
        {
            return new InstructionCounters([], $"instructions and system calls per request: {Tool.Perf.Missing}");
        }

        IReadOnlySet<string> supported = await PerfStat.SupportedAsync(PerfStat.UserInstructions, PerfStat.KernelInstructions);
        return new InstructionCounters(
            supported, supported.Count > 0 ? null : "instructions per request: perf reports no counter for them on this machine");
    }
}
