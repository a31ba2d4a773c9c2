using Microsoft.Extensions.Configuration;

namespace Shared;

/// <summary>
/// Finds unknown keys in a configuration section. A misspelt key would otherwise be ignored, together with the limit that it was meant to
/// set.
/// </summary>
internal static class ConfigurationKeys
{
    /// <summary>Returns a message for each key that is not one of the names, with the nearest name.</summary>
    /// <param name="section">The section.</param>
    /// <param name="path">The section's path, for the message.</param>
    /// <param name="names">The names of the options, compared without case.</param>
    public static IEnumerable<string> Unknown(IConfiguration section, string path, IReadOnlyCollection<string> names)
    {
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (!names.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                yield return $"{path}:{child.Key} is not an option; the nearest is {Nearest(child.Key, names)}. "
                    + $"Allowed: {string.Join(", ", names.Order(StringComparer.Ordinal))}.";
            }
        }
    }

    /// <summary>Returns the name with the smallest edit distance; the first one if there are several.</summary>
    public static string Nearest(string key, IEnumerable<string> names) =>
        names.MinBy(name => Distance(key.ToUpperInvariant(), name.ToUpperInvariant())) ?? "";

    /// <summary>Returns the Damerau–Levenshtein distance.</summary>
    private static int Distance(string one, string other)
    {
        // The limit prevents a key of a megabyte from taking a day.
        one = one.Length > 64 ? one[..64] : one;
        int[,] cost = new int[one.Length + 1, other.Length + 1];
        for (int i = 0; i <= one.Length; i++)
        {
            for (int j = 0; j <= other.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                int replaced = cost[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replaced, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[one.Length, other.Length];
    }
}
