using System.Globalization;

namespace Bench.Measuring;

/// <summary>Bytes that went over the loopback interface. Every load of this bench does, so within one side's time they tell how its
/// requests were spread over it, without asking server or client.</summary>
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

        throw new InvalidOperationException("/proc/net/dev knows no interface lo");
    }
}
