namespace Transport.Core.Loops;

/// <summary>The <see cref="IEventLoopSource"/>s of a loop. Loop thread only.</summary>
internal sealed class LoopSources
{
    private readonly List<IEventLoopSource> _sources = [];

    /// <summary>Adds a source and calls it: a wake-up for it may have come before.</summary>
    public void Add(IEventLoopSource source)
    {
        if (source.OnIteration())
        {
            _sources.Add(source);
        }
    }

    /// <summary>Once in an iteration.</summary>
    public void Run()
    {
        for (int i = _sources.Count - 1; i >= 0; i--)
        {
            if (!_sources[i].OnIteration())
            {
                _sources.RemoveAt(i);
            }
        }
    }

    /// <summary>The loop ends.</summary>
    public void End()
    {
        foreach (IEventLoopSource source in _sources)
        {
            source.OnLoopEnded();
        }

        _sources.Clear();
    }
}
