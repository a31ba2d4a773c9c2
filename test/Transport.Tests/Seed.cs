using System.Globalization;

namespace Transport.Tests;

/// <summary>Another one each run, said in the output; TEST_SEED plays a run again.</summary>
internal static class Seed
{
    public static int Next(ITestOutputHelper output)
    {
        int seed = Environment.GetEnvironmentVariable("TEST_SEED") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : Random.Shared.Next(1_000_000);
        output.WriteLine($"TEST_SEED={seed}");
        return seed;
    }
}
