using System.Buffers;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Loops.Merging;

namespace Transport.Core.Loops;

/// <summary>The parameters of an event loop.</summary>
/// <param name="Index">The loop's number, from 0.</param>
/// <param name="Name">The thread's name: the model and the loop's number.</param>
/// <param name="Options">The options that the user has set.</param>
/// <param name="Scheduling">The effective scheduling: the option's value, or the model's fallback.</param>
/// <param name="MemoryPool">The loop's memory pool; the loop disposes it.</param>
/// <param name="Counters">The loop's counters.</param>
/// <param name="Merging">Which loops of the transport are merged.</param>
/// <param name="Logger">The logger of the transport's category.</param>
/// <param name="Failed">Called on the loop's thread, with the reason, if the loop fails.</param>
internal sealed record LoopSetup(
    int Index,
    string Name,
    TransportOptions Options,
    ApplicationScheduling Scheduling,
    MemoryPool<byte> MemoryPool,
    LoopCounters Counters,
    LoopMerging Merging,
    ILogger Logger,
    Action<Exception> Failed);
