namespace Bench.Servers;

/// <summary>
/// A server as the command line names it: <c>sockets</c>, <c>epoll:inline</c>, <c>epoll:Trigger=Level:loops=2</c>, <c>sockets:tuned</c>.
/// </summary>
/// <param name="Name">As it was written; results carry it.</param>
/// <param name="Transport">The sample's name for the transport.</param>
/// <param name="Arguments">What the sample is started with besides.</param>
/// <param name="Environment">Environment variables that it is started with.</param>
internal sealed record ServerSpec(
    string Name, string Transport, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>What follows the transport's name, and what it means.</summary>
    public const string Help =
        "NAME[:OPTION…], NAME one of the sample's transports; OPTION workers, threadpool, inline, loops=N, tuned (the framework's sockets with inline scheduling "
        + "and inline completions), or an option of the transport such as Trigger=Level";

    /// <exception cref="FormatException">An option is none of those in <see cref="Help"/>.</exception>
    public static ServerSpec Parse(string text)
    {
        string[] parts = text.Split(':');
        string transport = parts[0];
        if (transport.Length == 0)
        {
            throw new FormatException($"'{text}' names no transport: {Help}");
        }

        List<string> arguments = new List<string>();
        Dictionary<string, string> environment = new Dictionary<string, string>();
        foreach (string? option in parts.AsSpan(1))
        {
            switch (option.Split('=', 2))
            {
                case ["workers" or "threadpool" or "inline"]:
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
                    throw new FormatException($"'{option}' in '{text}' is not understood: {Help}");
            }
        }

        return new ServerSpec(text, transport, arguments, environment);
    }

    /// <summary>The configuration section is the model's name with a capital.</summary>
    private static string SectionOf(string transport) => char.ToUpperInvariant(transport[0]) + transport[1..];
}
