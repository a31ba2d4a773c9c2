using System.Diagnostics.CodeAnalysis;

namespace FileAio.Engines;

/// <summary>
/// Reads that wait for their turn, first come first served; one can be taken out of the middle. Not thread-safe: under its engine's lock.
/// </summary>
internal sealed class WaitingReads
{
    private readonly LinkedList<FileRead> _reads = new();
    private readonly Stack<LinkedListNode<FileRead>> _spare = new();

    public int Count => _reads.Count;

    public void Append(FileRead read) => _reads.AddLast(Node(read));

    public void Prepend(FileRead read) => _reads.AddFirst(Node(read));

    public bool TryTake([NotNullWhen(true)] out FileRead? read)
    {
        read = null;
        if (_reads.First is not { } first)
        {
            return false;
        }

        read = first.Value;
        Drop(first);
        return true;
    }

    public bool Remove(FileRead read)
    {
        LinkedListNode<FileRead>? node = _reads.Find(read);
        if (node is null)
        {
            return false;
        }

        Drop(node);
        return true;
    }

    private LinkedListNode<FileRead> Node(FileRead read)
    {
        if (!_spare.TryPop(out LinkedListNode<FileRead>? node))
        {
            return new LinkedListNode<FileRead>(read);
        }

        node.Value = read;
        return node;
    }

    private void Drop(LinkedListNode<FileRead> node)
    {
        _reads.Remove(node);
        node.Value = null!;
        _spare.Push(node);
    }
}
