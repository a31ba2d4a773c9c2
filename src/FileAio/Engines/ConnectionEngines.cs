using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Transport.Core;

namespace FileAio.Engines;

/// <summary>
/// Which engine reads for a connection. With kernel AIO: the connection's event loop where it has one (<see cref="LoopAioEngine"/>); else
/// one of a few engines with threads of their own, over which connections are spread, so that reads use more than one processor. With any
/// other engine: that one.
/// </summary>
/// <param name="first">The engine that was chosen and has been probed.</param>
/// <param name="create">Makes a further engine of that kind; null where it cannot be had. Null: there is only the first.</param>
/// <param name="createForLoop">Makes the engine of an event loop. Null: loops have none.</param>
internal sealed class ConnectionEngines(
    IFileEngine first, Func<IFileEngine?>? create, Func<IEventLoopFeature, LoopAioEngine>? createForLoop) : IDisposable
{
    // Four take more than a disk of 10 GB/s gives, at some 3 GB/s a thread. A guess.
    private const int MostEngines = 4;

    private readonly Lock _gate = new();
    private readonly EngineContext?[] _engines = new EngineContext?[create is null ? 1 : Math.Min(Environment.ProcessorCount, MostEngines)];
    private readonly EngineContext _first = new(first);
    private readonly ConditionalWeakTable<object, EngineContext> _ofConnection = [];
    private readonly ConditionalWeakTable<IEventLoopFeature, EngineContext> _ofLoop = [];
    private int _next = -1;

    /// <summary>The engine of a request's connection, and the way back to its thread.</summary>
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

    /// <summary>Disposes all but the first, which is its maker's.</summary>
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

    /// <summary>The engines in turn, each made when its turn comes first.</summary>
    private EngineContext Next()
    {
        lock (_gate)
        {
            _next = (_next + 1) % _engines.Length;
            return _engines[_next] ??= _next == 0 ? _first : create!() is { } made ? new EngineContext(made) : _first;
        }
    }
}
