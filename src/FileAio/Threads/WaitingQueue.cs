using System.Diagnostics.CodeAnalysis;

namespace FileAio.Threads;

/// <summary>A first-in, first-out queue that supports removal of any item. Not thread-safe; protected by its owner's lock.</summary>
internal sealed class WaitingQueue<T>
{
    private readonly LinkedList<T> _items = new();
    private readonly Stack<LinkedListNode<T>> _spare = new();

    public int Count => _items.Count;

    public void Append(T item) => _items.AddLast(Node(item));

    public void Prepend(T item) => _items.AddFirst(Node(item));

    public bool TryTake([MaybeNullWhen(false)] out T item)
    {
        item = default;
        if (_items.First is not { } first)
        {
            return false;
        }

        item = first.Value;
        Drop(first);
        return true;
    }

    /// <summary>Removes all items, in order.</summary>
    public List<T> TakeAll()
    {
        List<T> all = new List<T>(_items);
        _items.Clear();
        return all;
    }

    public bool Remove(T item)
    {
        LinkedListNode<T>? node = _items.Find(item);
        if (node is null)
        {
            return false;
        }

        Drop(node);
        return true;
    }

    private LinkedListNode<T> Node(T item)
    {
        if (!_spare.TryPop(out LinkedListNode<T>? node))
        {
            return new LinkedListNode<T>(item);
        }

        node.Value = item;
        return node;
    }

    private void Drop(LinkedListNode<T> node)
    {
        _items.Remove(node);
        node.Value = default!;
        _spare.Push(node);
    }
}
