using System.Globalization;
using System.Text;
using Soak.Measuring;

namespace Soak.Reporting;

/// <summary>The tables of a report.</summary>
internal static class SoakTables
{
    public static void Verdicts(StringBuilder text, IEnumerable<Verdict> verdicts)
    {
        text.AppendLine("| Verdict | | Detail |").AppendLine("|---|---|---|");
        foreach (Verdict verdict in verdicts)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {verdict.Name} | {(verdict.Holds ? "yes" : "**NO**")} | {verdict.Detail} |");
        }

        text.AppendLine();
    }

    public static void Work(StringBuilder text, Tally tally)
    {
        text.AppendLine("| Clients | Requests | Checked MiB | Aborts by the client | Errors |").AppendLine("|---|--:|--:|--:|--:|");
        foreach ((string kind, KindTally one) in tally.Kinds.OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            Row(kind, one.Requests, one.Bytes, one.Aborts, one.Errors);
        }

        Row("**all**", tally.Kinds.Values.Sum(one => one.Requests), tally.Kinds.Values.Sum(one => one.Bytes),
            tally.Kinds.Values.Sum(one => one.Aborts),
            tally.Kinds.Values.Sum(one => one.Errors));
        text.AppendLine();

        void Row(string name, long requests, long bytes, long aborts, long errors)
            => text.AppendLine(CultureInfo.InvariantCulture,
                $"| {name} | {requests:N0} | {bytes / 1048576.0:N1} | {aborts:N0} | {errors:N0} |");
    }

    /// <summary>First, median, last and highest of each figure.</summary>
    public static void Samples(StringBuilder text, string title, IReadOnlyList<Sample> samples)
    {
        if (samples.Count == 0)
        {
            return;
        }

        Sample[] answered = [.. samples.Where(sample => sample.Status is not null)];
        text.AppendLine(CultureInfo.InvariantCulture, $"{title} ({samples.Count} samples):").AppendLine()
            .AppendLine("| | First | Median | Last | Highest |").AppendLine("|---|--:|--:|--:|--:|");
        Row("PSS, MiB", samples.Select(sample => sample.Pss / 1048576.0));
        Row("RSS, MiB", samples.Select(sample => sample.Rss / 1048576.0));
        Row("Managed heap, MiB", answered.Select(sample => sample.Status!.HeapBytes / 1048576.0));
        Row("Collections, generation 0", answered.Select(sample => (double)sample.Status!.Collections[0]));
        Row("Collections, generation 2", answered.Select(sample => (double)sample.Status!.Collections[2]));
        Row("Threads", samples.Select(sample => (double)sample.Threads));
        Row("Threads of the pool", answered.Select(sample => (double)sample.Status!.PoolThreads));
        Row("Workers of the transport", answered.Select(sample => (double)sample.Status!.Workers));
        Row("Descriptors", samples.Select(sample => (double)sample.DescriptorCount));
        Row("Connections (Kestrel's meter)", answered.Select(sample => (double)sample.Status!.Connections));
        Row("Connections (the transport's)", answered.Select(sample => (double)sample.Status!.TransportConnections));
        text.AppendLine();

        void Row(string name, IEnumerable<double> values)
        {
            double[] all = [.. values];
            if (all.Length > 0 && all.Max() >= 0)
            {
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"| {name} | {all[0]:N1} | {Growth.Median(all):N1} | {all[^1]:N1} | {all.Max():N1} |");
            }
        }
    }

    public static void Lines(StringBuilder text, string title, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{title}:").AppendLine().AppendLine("```");
            foreach (string line in all)
            {
                text.AppendLine(line);
            }

            text.AppendLine("```").AppendLine();
        }
    }
}
