using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Transport.Core.Listening;

/// <summary>
/// Counts the open connections of a transport, of all its event loops and end points together, and by client address. Any thread.
/// </summary>
internal sealed class ConnectionLimits
{
    /// <summary>A client beyond a limit decides how often it tries: the log tells of it this often.</summary>
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

    /// <returns>Null if there is no limit, so that nothing is counted.</returns>
    public static ConnectionLimits? Create(TransportOptions options) => options.MaxConnections is null && options.MaxConnectionsPerAddress is null
        ? null
        : new ConnectionLimits(options.MaxConnections ?? int.MaxValue, options.MaxConnectionsPerAddress ?? int.MaxValue);

    /// <summary>Open connections that were admitted.</summary>
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

    /// <summary>Addresses that have a connection: none stays behind.</summary>
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
    /// <param name="admission">To be ended when the connection is closed.</param>
    /// <param name="reason">Which limit is reached, for the log.</param>
    public bool TryAdmit(EndPoint peer, [NotNullWhen(true)] out ConnectionAdmission? admission, [NotNullWhen(false)] out string? reason)
    {
        UInt128? key = _maxPerAddress < int.MaxValue && peer is IPEndPoint ip ? KeyOf(ip.Address) : null;
        lock (_gate)
        {
            int ofAddress = key is null ? 0 : _addresses.GetValueOrDefault(key.Value);
            if (_count >= _max || ofAddress >= _maxPerAddress)
            {
                admission = null;
                reason = _count >= _max ? $"{_max} connections are open (MaxConnections)" : $"{_maxPerAddress} connections of the address are open (MaxConnectionsPerAddress)";
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

    /// <summary>Whether a refusal is to be logged as a warning: the first one, and one in <see cref="LogIntervalMilliseconds"/>.</summary>
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
    /// An IPv4 address whole, mapped or not; of an IPv6 address the first 64 bits, since that is the smallest network that a client is given,
    /// and it may use all addresses in it.
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
