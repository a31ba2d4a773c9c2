using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Transport.Core.Listening;

/// <summary>
/// Counts the open connections of a transport by client address and in total, over all event loops and end points. Any thread.
/// </summary>
internal sealed class ConnectionLimits
{
    /// <summary>The minimum time between two warnings, since refused clients decide how often they connect.</summary>
    private const int LogIntervalMilliseconds = 10_000;

    private readonly int _max;
    private readonly int _maxPerAddress;
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, int> _addresses = [];
    private int _count;
    private long _nextLog = long.MinValue;

    private ConnectionLimits(int max, int maxPerAddress)
    {
        _max = max;
        _maxPerAddress = maxPerAddress;
    }

    /// <returns>Null if there is no limit; nothing is counted then.</returns>
    public static ConnectionLimits? Create(TransportOptions options) =>
        options.MaxConnections is null && options.MaxConnectionsPerAddress is null
        ? null
        : new ConnectionLimits(options.MaxConnections ?? int.MaxValue, options.MaxConnectionsPerAddress ?? int.MaxValue);

    /// <summary>The number of open connections that were admitted.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>The number of addresses that have an open connection.</summary>
    public int AddressCount
    {
        get
        {
            lock (_gate)
            {
                return _addresses.Count;
            }
        }
    }

    /// <param name="peer">The client's address.</param>
    /// <param name="admission">To be disposed when the connection is closed.</param>
    /// <param name="reason">The limit that is reached, for the log.</param>
    public bool TryAdmit(EndPoint peer, [NotNullWhen(true)] out ConnectionAdmission? admission, [NotNullWhen(false)] out string? reason)
    {
        UInt128? key = _maxPerAddress < int.MaxValue && peer is IPEndPoint ip ? KeyOf(ip.Address) : null;
        lock (_gate)
        {
            int ofAddress = key is null ? 0 : _addresses.GetValueOrDefault(key.Value);
            if (_count >= _max || ofAddress >= _maxPerAddress)
            {
                admission = null;
                reason = _count >= _max
                    ? $"{_max} connections are open (MaxConnections)"
                    : $"{_maxPerAddress} connections of the address are open (MaxConnectionsPerAddress)";
                return false;
            }

            _count++;
            if (key is not null)
            {
                _addresses[key.Value] = ofAddress + 1;
            }
        }

        admission = new ConnectionAdmission(this, key);
        reason = null;
        return true;
    }

    /// <summary>
    /// Returns whether to log a refusal as a warning: the first one, then one in each <see cref="LogIntervalMilliseconds"/>.
    /// </summary>
    public bool ShouldWarn()
    {
        long now = Environment.TickCount64;
        long next = Volatile.Read(ref _nextLog);
        return now >= next && Interlocked.CompareExchange(ref _nextLog, now + LogIntervalMilliseconds, next) == next;
    }

    internal void End(UInt128? key)
    {
        lock (_gate)
        {
            _count--;
            if (key is null)
            {
                return;
            }

            int left = _addresses[key.Value] - 1;
            if (left == 0)
            {
                _addresses.Remove(key.Value);
            }
            else
            {
                _addresses[key.Value] = left;
            }
        }
    }

    /// <summary>
    /// Returns the key that connections are counted by: the whole IPv4 address, mapped or not, or the first 64 bits of an IPv6 address. A
    /// /64 is the smallest network that a client is assigned, and the client may use every address in it.
    /// </summary>
    internal static UInt128 KeyOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        if (!address.MapToIPv6().IsIPv4MappedToIPv6)
        {
            bytes[8..].Clear();
        }

        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
