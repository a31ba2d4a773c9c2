using System.CommandLine;

namespace Bench.Commands;

/// <summary>Formats the command line that repeats a run.</summary>
internal static class CommandLines
{
    public static string Of(ParseResult parsed) => $"./build.sh bench {string.Join(' ', parsed.Tokens.Select(token => token.Value))}";
}
