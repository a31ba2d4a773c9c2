using System.Diagnostics.CodeAnalysis;

namespace Transport.Core.Scheduling.Workers;

/// <summary>
/// Batches that were handed over, first in, first out, and spare ones. Any number of workers may be in the first batch at once; a batch is
/// used again once it is out of the queue and no worker is in it. All members are called under the scheduler's lock.
/// </summary>
internal sealed class BatchQueue
{
    private readonly Queue<Batch> _handedOver = new();
    private readonly Stack<Batch> _spare = new();

    /// <summary>Nothing is queued, and nothing that was taken from the queue is still being run by the batch's last worker.</summary>
    public bool IsEmpty => _handedOver.Count == 0;

    /// <summary>Items that no worker has taken, at least.</summary>
    public int Waiting => _handedOver.TryPeek(out Batch? first) ? first.Remaining + _handedOver.Count - 1 : 0;

    /// <summary>The first batch has more than one item, so that what its items post may be held back until it has been drained.</summary>
    public bool HoldsPostsBack => _handedOver.TryPeek(out Batch? first) && first.Count > 1;

    public Batch Rent() => _spare.TryPop(out Batch? spare) ? spare : new Batch();

    public void Enqueue(Batch batch) => _handedOver.Enqueue(batch);

    /// <summary>Enters the first batch that has an item left. The caller leaves it by <see cref="Leave"/>.</summary>
    public bool TryEnter([NotNullWhen(true)] out Batch? batch)
    {
        while (_handedOver.TryPeek(out batch))
        {
            if (!batch.IsExhausted)
            {
                batch.Takers++;
                return true;
            }

            // The worker that leaves it last returns it.
            _handedOver.Dequeue();
            Recycle(batch);
        }

        return false;
    }

    public void Leave(Batch batch)
    {
        batch.Takers--;
        if (_handedOver.TryPeek(out Batch? first) && first == batch)
        {
            _handedOver.Dequeue();
        }

        Recycle(batch);
    }

    private void Recycle(Batch batch)
    {
        if (batch.Takers == 0)
        {
            batch.Reset();
            _spare.Push(batch);
        }
    }
}
