namespace Transport.Core.Health;

/// <summary>The end points of a host that these transports serve, for the health check.</summary>
internal sealed class ListeningEndPoints
{
    private readonly Lock _gate = new();
    private readonly List<ListeningEndPoint> _endPoints = [];

    /// <summary>Returns a copy, in the order in which Kestrel has bound them.</summary>
    public IReadOnlyList<ListeningEndPoint> ToList()
    {
        lock (_gate)
        {
            return [.. _endPoints];
        }
    }

    public void Add(ListeningEndPoint endPoint)
    {
        lock (_gate)
        {
            _endPoints.Add(endPoint);
        }
    }

    public void Remove(ListeningEndPoint endPoint)
    {
        lock (_gate)
        {
            _endPoints.Remove(endPoint);
        }
    }
}
