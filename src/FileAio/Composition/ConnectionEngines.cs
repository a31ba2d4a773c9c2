using System.Runtime.CompilerServices;
using FileAio.Engines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Transport.Core;

namespace FileAio.Composition;

/// <summary>
/// Selects the engine for a connection. With kernel AIO and io_uring it is that of the connection's event loop. Without an event loop,
/// connections are distributed over a few engines with threads of their own, so that reads use more than one processor. Any other engine is
/// shared by all connections.
/// </summary>
/// <param name="first">The engine that was selected and probed.</param>
/// <param name="create">Creates a further engine of that kind; returns null on failure. Null if there is only the first.</param>
/// <param name="createForLoop">Creates the engine of an event loop. Null if loops have none.</param>
internal sealed class ConnectionEngines(
    IFileEngine first, Func<IFileEngine?>? create, Func<IEventLoopFeature, IFileEngine>? createForLoop) : IDisposable
{
    // At about 3 GB/s per thread, four exceed a disk of 10 GB/s. A guess.
    private const int MostEngines = 4;

    private readonly Lock _gate = new();
    private readonly EngineContext?[] _engines = new EngineContext?[create is null ? 1 : Math.Min(Environment.ProcessorCount, MostEngines)];
    private readonly EngineContext _first = new(first);
    private readonly ConditionalWeakTable<object, EngineContext> _ofConnection = [];
    private readonly ConditionalWeakTable<IEventLoopFeature, EngineContext> _ofLoop = [];
    private int _next = -1;

    /// <summary>Returns the engine of a request's connection, and the context that posts to its thread.</summary>
    public EngineContext Of(IFeatureCollection features)
    {
        if (createForLoop is not null && features.Get<IEventLoopFeature>() is { } loop)
        {
            return _ofLoop.TryGetValue(loop, out EngineContext? known) ? known : OfNewLoop(loop);
        }

        if (_engines.Length == 1 || features.Get<IConnectionTransportFeature>() is not { } connection)
        {
            return _first;
        }

        return _ofConnection.TryGetValue(connection, out EngineContext? its) ? its : _ofConnection.GetValue(connection, _ => Next());
    }

    /// <summary>Disposes all engines except the first, which its creator owns.</summary>
    public void Dispose()
    {
        foreach ((IEventLoopFeature _, EngineContext context) in _ofLoop)
        {
            context.Engine.Dispose();
        }

        foreach (EngineContext? context in _engines)
        {
            if (context is not null && context != _first)
            {
                context.Engine.Dispose();
            }
        }
    }

    private EngineContext OfNewLoop(IEventLoopFeature loop) =>
        _ofLoop.GetValue(loop, added => new EngineContext(createForLoop!(added)));

    /// <summary>Returns the engines in turn; each is created on first use.</summary>
    private EngineContext Next()
    {
        lock (_gate)
        {
            _next = (_next + 1) % _engines.Length;
            return _engines[_next] ??= _next == 0 ? _first : create!() is { } made ? new EngineContext(made) : _first;
        }
    }
}
