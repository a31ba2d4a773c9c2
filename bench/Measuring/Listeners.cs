using System.Globalization;
using System.Net;

namespace Bench.Measuring;

/// <summary>Who listens on a port. A second process there, which SO_REUSEPORT makes possible, takes part of the load unseen.</summary>
internal static class Listeners
{
    private const string StateListen = "0A";

    /// <summary>Listening sockets on the port that are not the given processes'.</summary>
    public static int Strangers(int port, IEnumerable<int> processes)
    {
        HashSet<long> own = processes.SelectMany(SocketsOf).ToHashSet();
        return ListeningOn(port).Count(inode => !own.Contains(inode));
    }

    /// <summary>Inodes of the sockets that listen on a port, of both families.</summary>
    private static IEnumerable<long> ListeningOn(int port)
    {
        foreach (string? table in new[] { "/proc/net/tcp", "/proc/net/tcp6" })
        {
            if (!File.Exists(table))
            {
                continue;
            }

            foreach (string? line in File.ReadLines(table).Skip(1))
            {
                string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                int localPort = int.Parse(columns[1].AsSpan(columns[1].IndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (columns[3] == StateListen && localPort == port)
                {
                    yield return long.Parse(columns[9], CultureInfo.InvariantCulture);
                }
            }
        }
    }

    private static IEnumerable<long> SocketsOf(int process)
    {
        foreach (string descriptor in Directory.EnumerateFiles($"/proc/{process}/fd"))
        {
            string? target = new FileInfo(descriptor).LinkTarget;
            if (target is not null && target.StartsWith("socket:[", StringComparison.Ordinal))
            {
                yield return long.Parse(target.AsSpan(8).TrimEnd(']'), CultureInfo.InvariantCulture);
            }
        }
    }

    /// <summary>The same for an endpoint.</summary>
    public static int Strangers(IPEndPoint endPoint, IEnumerable<int> processes) => Strangers(endPoint.Port, processes);
}
