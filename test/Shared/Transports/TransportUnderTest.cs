using Microsoft.AspNetCore.Hosting;

namespace Test.Shared;

/// <summary>One transport, or one transport with options of its own set, as the suite runs on it.</summary>
/// <param name="Name">What TRANSPORT_UNDER_TEST calls it: the model, and after a slash the variant.</param>
/// <param name="Apply">Registers it, after Kestrel.</param>
/// <param name="Unavailable">Why the kernel refuses it here; null where it runs.</param>
public sealed record TransportUnderTest(string Name, Action<IWebHostBuilder, TransportSettings> Apply, string? Unavailable = null)
{
    /// <summary>The model alone: "epoll" of "epoll/level".</summary>
    public string Model => Name.Split('/')[0];

    /// <summary>Kestrel's own: the oracle.</summary>
    public bool IsOracle => Model == "sockets";

    public string LogCategory => IsOracle
        ? "Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"
        : "Microsoft.AspNetCore.Server.Kestrel.Transport." + char.ToUpperInvariant(Model[0]) + Model[1..];

    public override string ToString() => Name;
}
