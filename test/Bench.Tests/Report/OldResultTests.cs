using Bench.Commands;
using Bench.Load;
using Bench.Report;
using Bench.Results;
using Bench.Servers;

namespace Bench.Tests.Report;

/// <summary>Results of schema 1 are still read, and results with uncommitted changes are recognised.</summary>
public sealed class OldResultTests
{
    public static TheoryData<string> Stored =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.BenchFolder, "results"), "2026-11-24-*.json")
            .Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(Stored))]
    public void A_stored_result_is_read_and_its_ratios_are_quotients_of_its_medians(string name)
    {
        ResultFile result = ResultFile.Read(Path.Combine(Repository.BenchFolder, "results", name));
        Assert.Equal(ResultFile.CurrentSchema, result.Schema);
        Assert.All(result.Comparisons.Where(comparison => comparison.Ratio is not null), comparison =>
            Assert.Equal(comparison.MedianOfB!.Value / comparison.MedianOfA!.Value, comparison.Ratio!.Value, 9));
        Assert.NotEmpty(Charts.Of(result));
    }

    [Fact]
    public void A_sliced_pair_of_schema_1_keeps_the_ratio_of_its_slices()
    {
        using TemporaryFile file = TemporaryFile.Write(
            """
            { "schema": 1, "kind": "ab", "taken": "2026-01-01T00:00:00Z", "commit": "x", "command": "", "comparisons": [
            { "a": "sockets", "b": "epoll", "work": "w", "metric": "CPU per request", "unit": "µs", "verdict": "None", "ratio": 0.5,
            "pairs": 1, "refusals": [] } ],
            "machine": { "processor": "", "processors": 2, "memoryTotal": "", "kernel": "", "operatingSystem": "", "runtime": "" },
            "cells": [ { "server": "sockets", "work": "w", "series": "A", "cpuPerRequest": 10 },
            { "server": "epoll", "work": "w", "series": "B", "cpuPerRequest": 7, "cpuRatioBySlices": 0.5 } ] }
            """, ".json");
        Comparison comparison = Assert.Single(ResultFile.Read(file.Path).Comparisons);
        Assert.Equal((10, 5, 0.5), (comparison.MedianOfA, comparison.MedianOfB, comparison.Ratio));
        Assert.Equal(("sockets", "epoll"), (comparison.A, comparison.B));
    }

    [Fact]
    public void A_result_of_pinned_processors_is_one_of_split_cores()
    {
        string old = ChartTests.ResultOf("ab").ToJson()
            .Replace("\"cores\": \"shared\"", "\"cores\": \"pinned\"", StringComparison.Ordinal);
        using TemporaryFile file = TemporaryFile.Write(old, ".json");
        Assert.Equal("split cores", ResultFile.Read(file.Path).Placement);
    }

    [Fact]
    public void The_newest_result_of_each_kind_is_reported()
    {
        ResultFile ab = ChartTests.ResultOf("ab"), files = ChartTests.ResultOf("files");
        ResultFile newer = ab with { Taken = ab.Taken.AddDays(1) };
        Assert.Equal([newer, files], ReportCommand.NewestOfEachKind([ab, newer, files]));
        Assert.False(ab.IsDirty);
        Assert.True((ab with { Commit = "0123456789ab-dirty" }).IsDirty);
        Assert.Contains("with uncommitted changes", HtmlPage.Make([ab with { Commit = "0123456789ab-dirty" }]), StringComparison.Ordinal);
    }
}
