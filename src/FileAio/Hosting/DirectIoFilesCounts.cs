namespace FileAio;

/// <summary>Counts of the process, over all that serve files in it.</summary>
/// <param name="ReadsInFlight">Reads that an engine has and has not completed.</param>
/// <param name="Fallbacks">Times that the kernel refused the way asked for.</param>
/// <param name="BuffersRented">Buffers out of the pool.</param>
/// <param name="BytesInFlight">Bytes that reads occupy.</param>
/// <param name="MaxInFlightBytes">The bound on those.</param>
public readonly record struct DirectIoFilesCounts(long ReadsInFlight, long Fallbacks, int BuffersRented, long BytesInFlight, long MaxInFlightBytes);
