namespace Bench.Servers;

/// <summary>
/// A server configuration as it is written on the command line: <c>sockets</c>, <c>epoll:inline</c>, <c>epoll:Trigger=Level:loops=2</c>,
/// <c>sockets:tuned</c>.
/// </summary>
/// <param name="Name">The text; the name in results.</param>
/// <param name="Transport">The name of the transport in the sample.</param>
/// <param name="Arguments">Further command-line arguments of the sample.</param>
/// <param name="Environment">Environment variables of the process.</param>
internal sealed record ServerSpec(
    string Name, string Transport, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>The syntax, for help texts and error messages.</summary>
    public const string Help =
        "NAME[:OPTION]... where NAME is a transport of the sample and OPTION is workers, threadpool, leaderfollowers, inline, loops=N, "
        + "tuned (Kestrel Sockets with inline scheduling and inline completions), or an option of the transport such as Trigger=Level";

    /// <exception cref="FormatException">The text does not match <see cref="Help"/>.</exception>
    public static ServerSpec Parse(string text)
    {
        string[] parts = text.Split(':');
        string transport = parts[0];
        if (transport.Length == 0)
        {
            throw new FormatException($"'{text}' names no transport; expected: {Help}");
        }

        List<string> arguments = new List<string>();
        Dictionary<string, string> environment = new Dictionary<string, string>();
        foreach (string? option in parts.AsSpan(1))
        {
            switch (option.Split('=', 2))
            {
                case ["workers" or "threadpool" or "leaderfollowers" or "inline"]:
                    arguments.AddRange(["--scheduling", option]);
                    break;
                case ["tuned"]:
                    arguments.AddRange(["--scheduling", "inline"]);
                    environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
                    break;
                case ["loops", var count]:
                    arguments.AddRange(["--loops", count]);
                    break;
                case [{ Length: > 0 } name, var value]:
                    arguments.AddRange([$"--Kestrel:Transport:{SectionOf(transport)}:{name}", value]);
                    break;
                default:
                    throw new FormatException($"'{option}' in '{text}' is not a known option; expected: {Help}");
            }
        }

        return new ServerSpec(text, transport, arguments, environment);
    }

    /// <summary>Returns the configuration section: the name of the transport with an initial capital.</summary>
    private static string SectionOf(string transport) => char.ToUpperInvariant(transport[0]) + transport[1..];
}
