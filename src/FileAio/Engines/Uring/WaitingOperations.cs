using System.Diagnostics.CodeAnalysis;

namespace FileAio.Engines.Uring;

/// <summary>
/// The operations that wait for a slot of a ring: a first-in, first-out queue of opens and one of reads. Protected by the ring's gate.
/// </summary>
/// <remarks>
/// An open on a network filesystem waits for its server, which may never respond. Opens therefore hold at most half of the slots. Up to
/// that half they take free slots first: reads may hold all slots, but they complete.
/// </remarks>
/// <param name="maxOpens">The maximum number of opens in flight.</param>
/// <param name="maxWaiting">The maximum number of operations that wait, for each queue.</param>
internal sealed class WaitingOperations(int maxOpens, int maxWaiting)
{
    private readonly LinkedList<IRingOperation> _opens = new(), _reads = new();
    private int _opensInFlight;

    /// <summary>The number of operations that wait.</summary>
    public int Count => _opens.Count + _reads.Count;

    /// <summary>Whether an operation waits that may take a slot.</summary>
    public bool CanTake => MayOpen || _reads.Count > 0;

    private bool MayOpen => _opens.Count > 0 && _opensInFlight < maxOpens;

    /// <summary>Returns false if too many operations of its kind wait.</summary>
    public bool TryAppend(IRingOperation operation)
    {
        LinkedList<IRingOperation> queue = operation.IsOpen ? _opens : _reads;
        if (queue.Count >= maxWaiting)
        {
            return false;
        }

        queue.AddLast(operation.Node);
        return true;
    }

    /// <summary>
    /// Takes the operation that is submitted next. The caller has a free slot for it, and calls <see cref="Ended"/> later.
    /// </summary>
    public bool TryTake([NotNullWhen(true)] out IRingOperation? operation)
    {
        LinkedList<IRingOperation> queue = MayOpen ? _opens : _reads;
        operation = queue.First?.Value;
        if (operation is null)
        {
            return false;
        }

        queue.RemoveFirst();
        _opensInFlight += operation.IsOpen ? 1 : 0;
        return true;
    }

    /// <summary>An operation that was taken has ended: its slot is free.</summary>
    public void Ended(IRingOperation operation) => _opensInFlight -= operation.IsOpen ? 1 : 0;

    /// <summary>Removes an operation. Returns false if it does not wait here.</summary>
    public bool TryRemove(IRingOperation operation)
    {
        // It may be in a queue of another ring, which may change at any time. That of this ring cannot.
        LinkedList<IRingOperation>? queue = operation.Node.List;
        if (queue is null || (queue != _opens && queue != _reads))
        {
            return false;
        }

        queue.Remove(operation.Node);
        return true;
    }

    /// <summary>Removes all operations that wait.</summary>
    public List<IRingOperation> TakeAll()
    {
        List<IRingOperation> all = [.. _opens, .. _reads];
        _opens.Clear();
        _reads.Clear();
        return all;
    }
}
