namespace Bench.Commands;

/// <summary>Reads options that take a comma-separated list of names.</summary>
internal static class Chosen
{
    private const string All = "all";

    /// <param name="option">The name of the option, for messages.</param>
    /// <param name="names">Comma-separated names of items or groups, or <c>all</c>.</param>
    /// <param name="known">All items; the result has their order.</param>
    /// <param name="nameOf">Returns the name of an item.</param>
    /// <param name="groups">Groups of items by name.</param>
    /// <exception cref="FormatException">A name is unknown, or the list is empty.</exception>
    public static IReadOnlyList<T> Of<T>(
        string option, string names, IReadOnlyList<T> known, Func<T, string> nameOf,
        IReadOnlyDictionary<string, Func<T, bool>>? groups = null)
    {
        string[] asked = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string[] allowed = (string[])[All, .. groups?.Keys ?? [], .. known.Select(nameOf)];
        if (asked.Length == 0 || asked.FirstOrDefault(name => !allowed.Contains(name)) is not null)
        {
            string stranger = asked.FirstOrDefault(name => !allowed.Contains(name)) ?? names;
            throw new FormatException($"{option} is '{stranger}'; allowed: {string.Join(", ", allowed)}");
        }

        return
        [
            .. known.Where(one => asked.Any(name => name == All || name == nameOf(one)
                || (groups is not null && groups.TryGetValue(name, out Func<T, bool>? holds) && holds(one)))),
        ];
    }
}
