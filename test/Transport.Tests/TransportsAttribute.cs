using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Transport.Tests;

/// <summary>Runs a theory on every selected transport, as its first argument; the row's own arguments follow.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class TransportsAttribute(params object?[]? arguments) : DataAttribute
{
    /// <summary>Also with each option that changes how the transport works: scheduling, accepting, triggering.</summary>
    public bool Variants { get; init; }

    /// <summary>
    /// The test's handlers block: not for variants that run them inline, nor for those that run them on the thread pool, which the tests
    /// share.
    /// </summary>
    public bool HandlersBlock { get; init; }

    /// <summary>Where ours goes beyond Kestrel's own: why the oracle cannot be asked.</summary>
    public string? NotOnSockets { get; init; }

    /// <summary>The row is about one model's own calls.</summary>
    public string? Model { get; init; }

    /// <summary>The row needs libc's calls to fail on demand.</summary>
    public bool Faults { get; init; }

    // A single null is taken by the compiler for no array at all.
    private object?[] Arguments => arguments ?? [null];

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        IReadOnlyList<TransportUnderTest> transports = Variants ? TransportCatalogue.SelectedWithVariants : TransportCatalogue.Selected;
        TheoryDataRow[] rows =
            transports.Where(transport => (NotOnSockets is null || !transport.IsOracle) && (Model is null || transport.Model == Model))
            .Where(transport => !HandlersBlock || !IsWithoutWorkers(transport)).Select(Row).ToArray();
        // A row that nobody is left to run says so, instead of vanishing.
        if (rows.Length == 0)
        {
            rows = [new TheoryDataRow([null, .. Arguments]) { Skip = WhyNone(transports) }];
        }

        return ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>(rows);
    }

    public override bool SupportsDiscoveryEnumeration() => true;

    private static bool IsWithoutWorkers(TransportUnderTest transport)
        => transport.Name.Contains("/inline", StringComparison.Ordinal) || transport.Name.EndsWith("/threadpool", StringComparison.Ordinal);

    private string WhyNone(IReadOnlyList<TransportUnderTest> transports) => Model is not null ? $"Asked of {Model} only."
        : HandlersBlock && transports.All(IsWithoutWorkers) ? "Its handlers must not block."
        : "Not asked of Kestrel's own transport: " + NotOnSockets;

    private TheoryDataRow Row(TransportUnderTest transport)
        => new([transport, .. Arguments]) { Skip = transport.Unavailable ?? (Faults ? FaultShim.Unavailable ?? Unmet(transport) : null) };

    /// <summary>Faults of socket calls do not meet operations that the kernel repeats, or takes from the queue, by itself.</summary>
    private string? Unmet(TransportUnderTest transport) => Model is null && transport.Name is ("uring/multishot" or "uring/sqpoll")
        ? "Its operations do not pass the shim one by one."
        : null;
}
