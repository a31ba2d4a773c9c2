using Bench.Arena;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Commands;

/// <summary>A set of works by which two transports are compared, and the command that runs it.</summary>
/// <param name="Kind">The name of the command and the kind of its results.</param>
/// <param name="Description">The description of the command.</param>
/// <param name="Default">The works that run by default.</param>
/// <param name="List">Returns all works, by the rate of the work <c>steady</c> and the number of idle connections.</param>
/// <param name="Groups">The groups of works.</param>
/// <param name="MakePlan">Makes the plan of a comparison.</param>
internal sealed record AbSuite(
    string Kind, string Description, string Default, Func<double, int, IReadOnlyList<Work>> List,
    IReadOnlyDictionary<string, Func<Work, bool>> Groups, Func<ServerSpec, ServerSpec, IReadOnlyList<Work>, Plan> MakePlan)
{
    public static readonly AbSuite Ab = new(
        ResultFile.Ab, "Compare two transports: which one is better, by how much, and with what confidence.",
        string.Join(',', AllWorks.Default), AllWorks.List, AllWorks.Groups, AbCommand.MakePlan);

    public static readonly AbSuite Arena = new(
        ResultFile.Arena, "Compare two transports by the profiles of the public board of HTTP servers, in samples/Arena.",
        "all", (_, idle) => ArenaWorks.List(idle), ArenaWorks.Groups,
        (a, b, works) => Plan.Compare(a, b, works, ResultFile.Arena, SampleApp.Arena) with { PrepareAsync = ArenaData.MakeAsync })
    {
        Servers = ("sockets", "epoll"),
        Many = true,
    };

    /// <summary>The servers that are compared by default; null where both must be named.</summary>
    public (string A, string B)? Servers { get; init; }

    /// <summary>Whether the suite has so many works that fewer pairs of each are measured by default.</summary>
    public bool Many { get; init; }
}
