namespace Soak.Measuring;

/// <summary>Descriptors that are there at the end and were not in the beginning.</summary>
internal static class Leaks
{
    /// <summary>
    /// The kinds that grew. Regular files are left out but for served ones: the runtime opens assemblies when it needs them.
    /// </summary>
    public static IReadOnlyList<string> Descriptors(Sample first, Sample last) => [.. last.Descriptors
        .Where(kind => kind.Key != "file" && kind.Value > (kind.Key == "served file" ? 0 : first.Descriptors.GetValueOrDefault(kind.Key)))
        .Select(kind => $"{kind.Value - first.Descriptors.GetValueOrDefault(kind.Key)} × {kind.Key}")];
}
