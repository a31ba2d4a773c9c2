using System.Buffers;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;

namespace Transport.Core.Loops;

/// <summary>What a loop is made with.</summary>
/// <param name="Index">The loop's number, from 0.</param>
/// <param name="Name">The thread's name: the model and the loop's number.</param>
/// <param name="Options">What the user set.</param>
/// <param name="Scheduling">Where application code runs: what the user set, or what the model allows instead.</param>
/// <param name="MemoryPool">The loop's own; it disposes it.</param>
/// <param name="Counters">What the loop counts.</param>
/// <param name="Logger">The transport's category.</param>
/// <param name="Failed">Called on the loop's thread, with the reason, if the loop has to end.</param>
internal sealed record LoopSetup(
    int Index,
    string Name,
    TransportOptions Options,
    ApplicationScheduling Scheduling,
    MemoryPool<byte> MemoryPool,
    LoopCounters Counters,
    ILogger Logger,
    Action<Exception> Failed);
