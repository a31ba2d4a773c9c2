using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;

namespace Transport.Core.HandOver;

/// <summary>The hand-overs of a host: one for each path, shared by the transports that have the path.</summary>
/// <param name="lifetime">Tells when the host has started, and stops it; null outside of a host.</param>
/// <param name="loggers">Creates the logger.</param>
internal sealed class ListenerHandOvers(IHostApplicationLifetime? lifetime, ILoggerFactory loggers) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<ListenerHandOver>> _byPath = new(StringComparer.Ordinal);

    /// <summary>Returns the hand-over at a path; null if the path is null.</summary>
    /// <exception cref="IOException">
    /// The previous process did not hand its sockets over, or no socket can be created at the path.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is no host that says when it has started.</exception>
    public ListenerHandOver? At(string? path) => path is null ? null : _byPath.GetOrAdd(path, Create).Value;

    public void Dispose()
    {
        foreach (Lazy<ListenerHandOver> handOver in _byPath.Values.Where(static handOver => handOver.IsValueCreated))
        {
            handOver.Value.Dispose();
        }
    }

    private Lazy<ListenerHandOver> Create(string path) => new(() => new ListenerHandOver(
        path,
        lifetime ?? throw new InvalidOperationException("HandOverPath requires a host with IHostApplicationLifetime."),
        new GuardedLogger(loggers.CreateLogger(TransportLog.StartCategory))));
}
