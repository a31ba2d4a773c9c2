using Bench.Servers;

namespace Bench.Plans;

/// <summary>A server configuration that a plan measures.</summary>
/// <param name="Name">The name in results.</param>
/// <param name="Series">"A" or "B" in a comparison of two servers, which may have the same name; elsewhere the name.</param>
/// <param name="StartAsync">Starts a process of it.</param>
internal sealed record Candidate(string Name, string Series, Candidate.Starter StartAsync)
{
    /// <summary>Starts a server.</summary>
    /// <param name="cores">The processors of the server and of its client.</param>
    /// <param name="arguments">Additional command-line arguments that the work needs.</param>
    /// <param name="cancellation">Cancels the start.</param>
    internal delegate Task<Server> Starter(CorePlacement cores, IReadOnlyList<string> arguments, CancellationToken cancellation);

    /// <summary>A sample application on one transport.</summary>
    /// <param name="spec">The transport and its options.</param>
    /// <param name="series">"A" or "B"; null for the name.</param>
    /// <param name="app">The application; null for samples/WebApp.</param>
    public static Candidate Of(ServerSpec spec, string? series = null, SampleApp? app = null) => new(
        spec.Name, series ?? spec.Name,
        async (cores, arguments, cancellation) =>
            await WebAppServer.StartAsync(app ?? SampleApp.WebApp, spec, cores, arguments, "/files/", cancellation));
}
