using System.Globalization;

namespace Bench.Measuring;

/// <summary>Reads the bytes received on the loopback interface. Every load uses it, so the bytes of a slice are proportional to the
/// requests in it.</summary>
internal static class LoopbackTraffic
{
    public static long ReadBytes()
    {
        foreach (string line in File.ReadLines("/proc/net/dev"))
        {
            ReadOnlySpan<char> text = line.AsSpan().TrimStart();
            if (!text.StartsWith("lo:"))
            {
                continue;
            }

            ReadOnlySpan<char> received = text[3..].TrimStart();
            return long.Parse(received[..received.IndexOf(' ')], CultureInfo.InvariantCulture);
        }

        throw new InvalidOperationException("/proc/net/dev lists no interface 'lo'.");
    }
}
