namespace Bench.Running;

/// <summary>What one side used in one slice.</summary>
/// <param name="Cpu">CPU time of the server.</param>
/// <param name="Bytes">Bytes on the loopback interface; proportional to requests.</param>
internal readonly record struct SliceTimes(TimeSpan Cpu, long Bytes)
{
    /// <summary>The minimum number of slices of a side.</summary>
    public const int MinimumSlices = 10;

    private double CpuPerByte => Cpu.TotalMicroseconds / Bytes;

    /// <summary>
    /// Returns the slices that count: neighbouring slices of A and B are ordered by the ratio of their CPU time per byte, and the outer
    /// quarters are left out on both sides. A disturbance of the machine that affects one of two neighbours does not change the figures.
    /// </summary>
    public static (SliceTimes[] A, SliceTimes[] B) Central(IEnumerable<SliceTimes> a, IEnumerable<SliceTimes> b)
    {
        (SliceTimes A, SliceTimes B)[] sorted = a.Zip(b)
            .Where(pair => pair.First.Bytes > 0 && pair.Second.Bytes > 0 && pair.First.Cpu > TimeSpan.Zero
                && pair.Second.Cpu > TimeSpan.Zero)
            .OrderBy(pair => pair.Second.CpuPerByte / pair.First.CpuPerByte).ToArray();
        if (sorted.Length < MinimumSlices)
        {
            return ([], []);
        }

        (SliceTimes A, SliceTimes B)[] central = sorted[(sorted.Length / 4)..^(sorted.Length / 4)];
        return ([.. central.Select(pair => pair.A)], [.. central.Select(pair => pair.B)]);
    }

    /// <summary>Returns the CPU time per byte of several slices, in microseconds.</summary>
    public static double PerByte(IEnumerable<SliceTimes> slices) =>
        slices.Sum(slice => slice.Cpu.TotalMicroseconds) / slices.Sum(slice => (double)slice.Bytes);
}
