using System.Globalization;

namespace Soak.Server;

/// <summary>What the server process is told on its command line.</summary>
internal sealed record ServerSettings
{
    /// <summary>A name of <see cref="TransportCatalogue"/>, such as "epoll" or "epoll/inline".</summary>
    public required string Transport { get; init; }

    /// <summary>Options of the transport, each <c>Name=Value</c>.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>How many of a thousand libc calls meet a fault; 0 for none.</summary>
    public int FaultsPerThousand { get; init; }

    public ulong Seed { get; init; }

    /// <summary>The folder that is served at /files; null for none.</summary>
    public string? Files { get; init; }

    /// <summary>Kestrel's KeepAliveTimeout.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>The arguments of the hidden command <c>server</c>.</summary>
    public IEnumerable<string> ToArguments()
    {
        yield return "server";
        yield return "--transport";
        yield return Transport;
        foreach (string one in Set)
        {
            yield return "--set";
            yield return one;
        }

        yield return "--faults";
        yield return FaultsPerThousand.ToString(CultureInfo.InvariantCulture);
        yield return "--seed";
        yield return Seed.ToString(CultureInfo.InvariantCulture);
        yield return "--keep-alive";
        yield return KeepAlive.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        if (Files is not null)
        {
            yield return "--files";
            yield return Files;
        }
    }
}
