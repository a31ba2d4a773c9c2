namespace FileAio;

/// <summary>Represents the counts of all mounts of the process.</summary>
/// <param name="ReadsInFlight">The number of reads that an engine has not completed.</param>
/// <param name="Fallbacks">The number of fallbacks because the kernel refused a call.</param>
/// <param name="BuffersRented">The number of buffers in use.</param>
/// <param name="BytesInFlight">The memory of reads, in bytes.</param>
/// <param name="MaxInFlightBytes">The limit of <paramref name="BytesInFlight"/>.</param>
public readonly record struct DirectIoFilesCounts(long ReadsInFlight, long Fallbacks, int BuffersRented, long BytesInFlight,
    long MaxInFlightBytes);
