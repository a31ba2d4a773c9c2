using System.Globalization;
using System.Net;

namespace Bench.Measuring;

/// <summary>Finds listening sockets of other processes on a port. With SO_REUSEPORT a second process receives part of the load.</summary>
internal static class Listeners
{
    private const string StateListen = "0A";

    /// <summary>Returns the number of listening sockets on the port that do not belong to the given processes.</summary>
    public static int Strangers(int port, IEnumerable<int> processes)
    {
        HashSet<long> own = processes.SelectMany(SocketsOf).ToHashSet();
        return ListeningOn(port).Count(inode => !own.Contains(inode));
    }

    /// <summary>Returns the inodes of the sockets that listen on a port, IPv4 and IPv6.</summary>
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
                int localPort = int.Parse(columns[1].AsSpan(columns[1].IndexOf(':') + 1), NumberStyles.HexNumber,
                    CultureInfo.InvariantCulture);
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

    /// <summary>Returns the number of listening sockets on the port of an end point that do not belong to the given processes.</summary>
    public static int Strangers(IPEndPoint endPoint, IEnumerable<int> processes) => Strangers(endPoint.Port, processes);
}
