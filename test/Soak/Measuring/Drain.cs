namespace Soak.Measuring;

/// <summary>What is left once every client has closed its connections.</summary>
internal static class Drain
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits until the connection that asks is the only one, then collects and samples.</summary>
    /// <returns>The sample, and how many connections were left in the end; 0 is as it must be.</returns>
    public static async Task<(Sample Sample, long Left)> WaitAsync(ServerProbe probe)
    {
        TimeSpan end = probe.Elapsed + Patience;
        long left;
        do
        {
            await Task.Delay(100);
            left = (await probe.StatusAsync()).Connections - 1;
        }
        while (left > 0 && probe.Elapsed < end);
        return (await probe.SampleCollectedAsync(), left);
    }

    /// <summary>Waits as long again for threads and sockets to go back to what they were: idle workers end after 20 s.</summary>
    public static async Task<Sample> SettleAsync(ServerProbe probe, Sample first, Sample last, int threads)
    {
        TimeSpan end = probe.Elapsed + Patience;
        while (probe.Elapsed < end && (last.Threads > first.Threads + threads || Leaks.Descriptors(first, last).Count > 0))
        {
            await Task.Delay(1000);
            last = await probe.SampleCollectedAsync();
        }

        return last;
    }
}
