using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Interop.Sockets;

namespace Transport.Core.Listening;

/// <summary>
/// Reserves descriptors below RLIMIT_NOFILE that connections do not use: at the limit itself the .NET runtime aborts the process.
/// </summary>
/// <remarks>
/// The kernel allocates the lowest free number. A new descriptor with the number n therefore means that all numbers below n are in use.
/// Comparing n with the limit is an exact test that needs no counting and no system call.
/// </remarks>
internal sealed class DescriptorReserve
{
    /// <summary>The default size: 64, or 2 % of the limit if that is more.</summary>
    private const int MinimumDefault = 64;
    private const int DefaultDivisor = 50;

    /// <summary>
    /// The reserve is at most a quarter of the limit: with a limit of 100 the default would leave too few for connections.
    /// </summary>
    private const int MaximumDivisor = 4;

    /// <summary>The limit is read again at every 32nd test, to detect that it was lowered at little cost.</summary>
    private const int TestsPerRead = 32;

    private readonly int? _wanted;
    private int _first;

    /// <summary>Counted by all loops without interlocked operations: a lost count only delays the next read by one test.</summary>
    private int _tests;

    /// <param name="wanted">The option's value; null for the default.</param>
    public DescriptorReserve(int? wanted)
    {
        _wanted = wanted;
        Refresh();
    }

    /// <summary>The soft limit when it was last read.</summary>
    public int Limit { get; private set; }

    /// <summary>The number of descriptors in the reserve.</summary>
    public int Size => Limit - _first;

    /// <summary>Creates the reserve, and logs a warning if the limit leaves few descriptors or none for connections.</summary>
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
    /// Returns whether a descriptor that was just opened is in the reserve. The limit is read again before the result is true: prlimit(1)
    /// may have raised it.
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

    /// <summary>Moves a descriptor to a number below the reserve, if one is free.</summary>
    /// <returns>The descriptor's number, and whether it is now below the reserve.</returns>
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
