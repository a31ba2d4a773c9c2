using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Hosting;
using Transport.Core.Loops.Merging;

namespace Transport.Core.Loops;

/// <summary>
/// The event loops of a transport, shared by its listeners. They start with the first listener, and end after the last listener and the
/// last connection are closed. A listener that starts later gets new loops.
/// </summary>
internal sealed class EventLoopGroup(
    IoModel model, TransportOptions options, ILogger logger, IMemoryPoolFactory<byte> pools, TransportMetrics metrics, Action stopHost)
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private EventLoop[]? _loops;
    private int _listeners;
    private readonly LoopMerging _merging = new(options.MergePolicy);

    /// <summary>Returns the counters of an end point on one loop.</summary>
    public ListenerCounters CountersOf(int loop, EndPoint endPoint) => metrics.ForListener(model.Mechanism, loop, endPoint);

    /// <summary>Returns the running loops, for one more listener.</summary>
    /// <exception cref="IOException">The kernel refused a resource that a loop needs.</exception>
    public async Task<EventLoop[]> AcquireAsync()
    {
        await _gate.WaitAsync();
        try
        {
            _loops ??= await StartAsync();
            _listeners++;
            return _loops;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Releases the loops for one listener.</summary>
    public async Task ReleaseAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (--_listeners == 0)
            {
                Stop(_loops!);
                _loops = null;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<EventLoop[]> StartAsync()
    {
        List<EventLoop> started = [];
        try
        {
            for (int i = 0; i < options.LoopCount; i++)
            {
                EventLoop loop = Create(i);
                await loop.StartThreadAsync();
                started.Add(loop);
            }

            return [.. started];
        }
        catch
        {
            Stop(started);
            await Task.WhenAll(started.Select(loop => loop.Ended));
            throw;
        }
    }

    private EventLoop Create(int index)
    {
        MemoryPool<byte> pool = pools.Create(new MemoryPoolOptions { Owner = "kestrel" });
        try
        {
            return model.CreateLoop(new LoopSetup(
                index,
                $"{model.Mechanism} loop {index}",
                options,
                model.SchedulingOf(options),
                pool,
                metrics.ForLoop(model.Mechanism, index),
                _merging,
                logger,
                _ => stopHost()));
        }
        catch
        {
            pool.Dispose();
            throw;
        }
    }

    private static void Stop(IEnumerable<EventLoop> loops)
    {
        foreach (EventLoop loop in loops)
        {
            loop.StopWhenEmpty();
        }
    }
}
