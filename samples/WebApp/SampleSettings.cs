using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using WebApp.Live;

namespace WebApp;

/// <summary>
/// Represents the settings of the command line, the environment and appsettings.json: <c>--transport</c>, <c>--scheduling</c>,
/// <c>--inline</c>, <c>--loops</c>, <c>--protocols</c>. All other settings (<c>--urls</c>, <c>Kestrel:…</c>, <c>Logging:…</c>) are those of
/// ASP.NET Core.
/// </summary>
internal sealed record SampleSettings
{
    /// <summary>The I/O model, a name of <see cref="Transports.ByName"/>.</summary>
    public required string Transport { get; init; }

    /// <summary>
    /// The transports that serve side by side, each on its own port, if <c>--transport</c> names several; otherwise empty.
    /// </summary>
    public IReadOnlyList<LiveSide> Sides { get; init; } = [];

    /// <summary>Where application code runs; null for the transport's default.</summary>
    public Scheduling? Scheduling { get; init; }

    /// <summary>The number of event loops, at least 1; null for the transport's default.</summary>
    public int? Loops { get; init; }

    /// <summary>
    /// The HTTP versions of every endpoint; null for Kestrel's default. On a cleartext endpoint, HTTP/2 (prior knowledge) requires
    /// <c>Http2</c> alone.
    /// </summary>
    public HttpProtocols? Protocols { get; init; }

    /// <summary>
    /// Reads all settings. Errors are added to <paramref name="errors"/>, one line each; an invalid setting gets its default.
    /// </summary>
    public static SampleSettings Read(IConfiguration configuration, List<string> errors)
    {
        string[] transports = (configuration["transport"] ?? Transports.Default).Split(',', StringSplitOptions.TrimEntries);
        foreach (string unknown in transports.Where(name => !Transports.ByName.ContainsKey(name)))
        {
            errors.Add($"--transport {unknown}: not one of {string.Join(", ", Transports.ByName.Keys)}");
            transports = [Transports.Default];
        }

        IReadOnlyList<LiveSide> sides = transports.Length > 1 ? ReadSides(configuration, transports, errors) : [];

        int? loops = null;
        if (configuration["loops"] is { } loopsText)
        {
            if (int.TryParse(loopsText, out int count) && count >= 1)
            {
                loops = count;
            }
            else
            {
                errors.Add($"--loops {loopsText}: not a whole number of at least 1");
            }
        }

        HttpProtocols? protocols = null;
        if (configuration["protocols"] is { } protocolsText)
        {
            if (TryParse(protocolsText, out HttpProtocols parsed))
            {
                protocols = parsed;
            }
            else
            {
                errors.Add($"--protocols {protocolsText}: not one of Http1, Http2, Http1AndHttp2");
            }
        }

        return new SampleSettings
        {
            Transport = transports[0],
            Sides = sides,
            Scheduling = ReadScheduling(configuration, errors),
            Loops = loops,
            Protocols = protocols
        };
    }

    /// <summary>Logs the transports at start-up, and a warning if the scheduling is not supported.</summary>
    public void Announce(ILogger logger)
    {
        foreach (LiveSide side in Sides)
        {
            Log.Side(logger, side.Transport, side.Port);
        }

        string transports = string.Join(',', Sides.Select(side => side.Transport).DefaultIfEmpty(Transport));
        Log.Serving(logger, transports, Scheduling?.ToString().ToLowerInvariant() ?? "default");
        if (Transport == Transports.Sockets && Scheduling == WebApp.Scheduling.Workers)
        {
            Log.NoWorkers(logger);
        }
    }

    /// <summary>Reads <c>--ports</c>, one per transport. Default: 5000, 5001 and so on.</summary>
    private static IReadOnlyList<LiveSide> ReadSides(IConfiguration configuration, string[] transports, List<string> errors)
    {
        if (transports.Distinct().Count() < transports.Length)
        {
            errors.Add($"--transport {string.Join(',', transports)}: a transport is named twice");
        }

        string[] ports = configuration["ports"]?.Split(',', StringSplitOptions.TrimEntries)
            ?? [.. Enumerable.Range(5000, transports.Length).Select(port => port.ToString(CultureInfo.InvariantCulture))];
        if (ports.Length != transports.Length || ports.Distinct().Count() < ports.Length
            || ports.Any(text => !ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0))
        {
            errors.Add($"--ports {string.Join(',', ports)}: not {transports.Length} different ports from 1 to 65535");
            return [];
        }

        return [.. transports.Select((name, index) =>
            new LiveSide(index, name, int.Parse(ports[index], CultureInfo.InvariantCulture)))];
    }

    private static Scheduling? ReadScheduling(IConfiguration configuration, List<string> errors)
    {
        Scheduling? scheduling = null;
        if (configuration["scheduling"] is { } name)
        {
            if (Enum.TryParse<Scheduling>(name, ignoreCase: true, out Scheduling parsed) && Enum.IsDefined(parsed)
                && !int.TryParse(name, out _))
            {
                scheduling = parsed;
            }
            else
            {
                errors.Add($"--scheduling {name}: not one of workers, threadpool, inline");
            }
        }

        if (configuration["inline"] is { } inlineText)
        {
            if (!bool.TryParse(inlineText, out bool inline))
            {
                errors.Add($"--inline {inlineText}: not true or false");
            }
            else if (inline && scheduling is not (null or WebApp.Scheduling.Inline))
            {
                errors.Add($"--inline true and --scheduling {scheduling.ToString()!.ToLowerInvariant()}: they contradict each other");
            }
            else if (inline)
            {
                scheduling = WebApp.Scheduling.Inline;
            }
        }

        return scheduling;
    }

    private static bool TryParse(string text, out HttpProtocols protocols) =>
        Enum.TryParse(text, ignoreCase: true, out protocols)
        && protocols is HttpProtocols.Http1 or HttpProtocols.Http2 or HttpProtocols.Http1AndHttp2
        && !int.TryParse(text, out _);
}
