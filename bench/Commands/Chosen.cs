namespace Bench.Commands;

/// <summary>What a list of names with commas stands for.</summary>
internal static class Chosen
{
    private const string All = "all";

    /// <param name="option">As it is typed.</param>
    /// <param name="names">Names of things, of groups of them, or <c>all</c>.</param>
    /// <param name="known">What there is; the answer is in its order.</param>
    /// <param name="nameOf">The name of one.</param>
    /// <param name="groups">Names that stand for several.</param>
    /// <exception cref="FormatException">A name is not known, or there is none.</exception>
    public static IReadOnlyList<T> Of<T>(
        string option, string names, IReadOnlyList<T> known, Func<T, string> nameOf, IReadOnlyDictionary<string, Func<T, bool>>? groups = null)
    {
        string[] asked = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string[] allowed = (string[])[All, .. groups?.Keys ?? [], .. known.Select(nameOf)];
        if (asked.Length == 0 || asked.FirstOrDefault(name => !allowed.Contains(name)) is not null)
        {
            string stranger = asked.FirstOrDefault(name => !allowed.Contains(name)) ?? names;
            throw new FormatException($"{option} {stranger}: not one of {string.Join(", ", allowed)}");
        }

        return [.. known.Where(one => asked.Any(name => name == All || name == nameOf(one) || (groups is not null && groups.TryGetValue(name, out Func<T, bool>? holds) && holds(one))))];
    }
}
