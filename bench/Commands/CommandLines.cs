using System.CommandLine;

namespace Bench.Commands;

/// <summary>A command line as one would type it again.</summary>
internal static class CommandLines
{
    public static string Of(ParseResult parsed) => $"./build.sh bench {string.Join(' ', parsed.Tokens.Select(token => token.Value))}";
}
