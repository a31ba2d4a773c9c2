using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Interop;

namespace Transport.Core.Listening;

/// <summary>
/// The descriptors below RLIMIT_NOFILE that connections do not get: at the limit itself the .NET runtime aborts the process.
/// </summary>
/// <remarks>
/// The kernel hands out the lowest free number, so a new descriptor with the number n means that all numbers below n are in use. Comparing
/// n with the limit is therefore an exact test that needs no counting and no system call.
/// </remarks>
internal sealed class DescriptorReserve
{
    /// <summary>The default: 64, or 2 % of the limit if that is more.</summary>
    private const int MinimumDefault = 64;
    private const int DefaultDivisor = 50;

    /// <summary>The reserve is at most a quarter of the limit: at 100 descriptors the default would leave none for connections.</summary>
    private const int MaximumDivisor = 4;

    /// <summary>The limit is read again at every 32nd test, which costs nothing to speak of and notices that it was lowered.</summary>
    private const int TestsPerRead = 32;

    private readonly int? _wanted;
    private int _first;

    /// <summary>Counted by all loops without interlocking: a lost count delays the next read by one test.</summary>
    private int _tests;

    /// <param name="wanted">What the user set; null for the default.</param>
    public DescriptorReserve(int? wanted)
    {
        _wanted = wanted;
        Refresh();
    }

    /// <summary>The soft limit when it was last read.</summary>
    public int Limit { get; private set; }

    /// <summary>How many descriptors stay free.</summary>
    public int Size => Limit - _first;

    /// <summary>The reserve, with a warning if the limit leaves few descriptors or none for connections.</summary>
    public static DescriptorReserve Create(int? wanted, ILogger logger)
    {
        DescriptorReserve reserve = new(wanted);
        int asked = wanted ?? DefaultSize(reserve.Limit);
        int lowestFree = SocketCalls.LowestFreeDescriptor();
        if (reserve.Size < asked || reserve.Contains(lowestFree))
        {
            TransportLog.DescriptorLimitLow(logger, reserve.Limit, asked, reserve.Size, Math.Max(0, reserve._first - lowestFree));
        }

        return reserve;
    }

    /// <summary>
    /// Whether a descriptor just opened lies in the reserve. The limit is read again before the answer is yes: prlimit(1) may have raised
    /// it since.
    /// </summary>
    public bool Contains(int descriptor)
    {
        if (descriptor < Volatile.Read(ref _first) && ++_tests % TestsPerRead != 0)
        {
            return false;
        }

        Refresh();
        return descriptor >= _first;
    }

    /// <summary>Moves a descriptor to a number below the reserve, if one is free by now.</summary>
    /// <returns>The descriptor's number afterwards, and whether it is below the reserve.</returns>
    public (int Descriptor, bool HasLeft) TryLeave(int descriptor)
    {
        if (!Contains(descriptor))
        {
            return (descriptor, true);
        }

        SysResult lower = SocketCalls.Duplicate(descriptor);
        if (lower.IsError)
        {
            return (descriptor, false);
        }

        bool hasLeft = !Contains((int)lower.Value);
        SocketCalls.Close(hasLeft ? descriptor : (int)lower.Value);
        return (hasLeft ? (int)lower.Value : descriptor, hasLeft);
    }

    private static int DefaultSize(int limit) => Math.Max(MinimumDefault, limit / DefaultDivisor);

    private void Refresh()
    {
        Limit = SocketCalls.DescriptorLimit();
        Volatile.Write(ref _first, Limit - Math.Min(_wanted ?? DefaultSize(Limit), Limit / MaximumDivisor));
    }
}
