using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Interop.Sockets;
using Transport.Core.Listening;

namespace Transport.Core.Systemd;

/// <summary>
/// The listening sockets that systemd keeps while no process of the service runs (<c>FileDescriptorStoreMax=</c>). At the start this
/// process takes those of the previous one. When the host has started, systemd gets the others.
/// </summary>
/// <remarks>
/// A stored socket is not shut down at the end of the process: clients wait in its backlog for the next one. systemd keeps its own
/// duplicates until FDSTOREREMOVE=1 or until the service has stopped for good, so a socket that was taken need not be stored again.
/// </remarks>
internal sealed class DescriptorStore : IDisposable
{
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger _logger;
    private readonly NotifySocket? _notify;
    private readonly int? _capacity;
    private readonly Lock _gate = new();

    /// <summary>All sockets that the store passed to this process.</summary>
    private readonly IReadOnlyList<PassedDescriptor> _stored;

    /// <summary>Those that no end point has taken. Under the gate.</summary>
    private readonly List<PassedDescriptor> _passed;

    /// <summary>The sockets of this process by name. Under the gate.</summary>
    private readonly Dictionary<string, ListenSocket> _offered = [];
    private int _storedSockets;
    private bool _isStarted;

    /// <param name="variable">Returns the value of an environment variable, or null.</param>
    /// <param name="lifetime">Tells when the host has started, and whether it stops.</param>
    /// <param name="logger">The logger of the transport's category.</param>
    /// <exception cref="IOException">A descriptor that systemd has passed is not open.</exception>
    public DescriptorStore(Func<string, string?> variable, IHostApplicationLifetime lifetime, ILogger logger)
    {
        _lifetime = lifetime;
        _logger = logger;
        _stored = [.. PassedDescriptors.TakeAll(variable).Where(static passed => StoredName.IsOne(passed.Name))];
        _passed = [.. _stored];
        _passed.ForEach(static passed => PassedDescriptors.CloseOnExec(passed.Descriptor));

        // systemd 254 and later.
        _capacity = int.TryParse(variable("FDSTORE"), NumberStyles.None, CultureInfo.InvariantCulture, out int max) ? max : null;
        if (variable("NOTIFY_SOCKET") is { Length: > 0 } path)
        {
            _notify = new NotifySocket(path);
        }
        else
        {
            TransportLog.NoDescriptorStore(logger);
        }

        lifetime.ApplicationStarted.Register(Started);
    }

    /// <summary>Returns the stored sockets of an end point; empty if there are none.</summary>
    public Socket[] Take(EndPoint endPoint)
    {
        string name = StoredName.Of(endPoint);
        lock (_gate)
        {
            Socket[] sockets = [.. _passed.Where(passed => passed.Name == name)
                .Select(static passed => new Socket(new SafeSocketHandle(passed.Descriptor, ownsHandle: true)))];
            _passed.RemoveAll(passed => passed.Name == name);
            if (sockets.Length > 0)
            {
                _storedSockets += sockets.Length;
                TransportLog.TookFromStore(_logger, sockets[0].LocalEndPoint!, sockets.Length);
            }

            return sockets;
        }
    }

    /// <summary>
    /// Gives the stored sockets of an end point up, which another transport is about to bind. They are shut down, so that the address is
    /// free before systemd closes its duplicates.
    /// </summary>
    public void Release(EndPoint endPoint)
    {
        string name = StoredName.Of(endPoint);
        lock (_gate)
        {
            if (_passed.Exists(passed => passed.Name == name))
            {
                Discard(name);
            }
        }
    }

    /// <summary>Adds the socket of an end point. It is stored when the host has started.</summary>
    public void Offer(EndPoint endPoint, ListenSocket socket)
    {
        string name = StoredName.Of(endPoint);
        lock (_gate)
        {
            if (name.Length > StoredName.MaxLength)
            {
                TransportLog.NotStored(_logger, socket.EndPoint, $"its name has more than {StoredName.MaxLength} characters.");
            }
            else if (!_offered.TryAdd(name, socket))
            {
                TransportLog.NotStored(_logger, socket.EndPoint, $"another end point is configured as {endPoint} too.");
            }
            else if (_isStarted)
            {
                Store(name, socket);
            }
        }
    }

    /// <summary>
    /// Called before an end point is unbound. While the host continues (its configuration has changed), systemd gives the sockets up, and
    /// they are shut down. At the end of the process they remain stored.
    /// </summary>
    public void Unbinding(ListenSocket socket)
    {
        lock (_gate)
        {
            string? name = _offered.FirstOrDefault(entry => entry.Value == socket).Key;
            if (name is null || !_isStarted || _lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return;
            }

            _offered.Remove(name);
            _storedSockets -= socket.Count;
            Remove(name);
            socket.TakeBack();
        }
    }

    /// <summary>
    /// Fails if an end point is a descriptor of the store: KestrelServerOptions.UseSystemd listens on all that are passed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The end point is a socket that this transport takes by itself.</exception>
    public void Check(FileHandleEndPoint endPoint)
    {
        PassedDescriptor stored = _stored.FirstOrDefault(stored => (ulong)stored.Descriptor == endPoint.FileHandle);
        if (stored.Name is not null)
        {
            throw new InvalidOperationException(
                $"Descriptor {stored.Descriptor} is {StoredName.EndPointOf(stored.Name)} in systemd's file descriptor store, which "
                + $"{nameof(TransportOptions.SystemdFileDescriptorStore)} takes by itself. Remove KestrelServerOptions.UseSystemd(), "
                + "which listens on all descriptors of LISTEN_FDS; ListenHandle(3) takes the first of a socket unit.");
        }
    }

    /// <summary>Called when the host is disposed, also if it has not started: what was not taken remains stored.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _passed.ForEach(static passed => new SafeSocketHandle(passed.Descriptor, ownsHandle: true).Dispose());
            _passed.Clear();
        }
    }

    /// <summary>Kestrel has bound all end points.</summary>
    private void Started()
    {
        lock (_gate)
        {
            _isStarted = true;
            foreach (string name in _passed.Select(static passed => passed.Name).Distinct().ToArray())
            {
                TransportLog.StoredSocketUnused(_logger, StoredName.EndPointOf(name));
                Discard(name);
            }

            foreach ((string name, ListenSocket socket) in _offered)
            {
                Store(name, socket);
            }

            if (_storedSockets > _capacity)
            {
                TransportLog.DescriptorStoreFull(_logger, _storedSockets, _capacity.Value);
            }
        }
    }

    private void Store(string name, ListenSocket socket)
    {
        if (_notify is null)
        {
            return;
        }

        try
        {
            if (socket.IsAdopted)
            {
                socket.GiveAway();
                return;
            }

            socket.GiveAway(descriptors =>
            {
                foreach (int[] part in descriptors.Chunk(DescriptorMessages.MaxDescriptors))
                {
                    _notify.Send($"FDSTORE=1\nFDNAME={name}", part);
                }

                _storedSockets += descriptors.Length;
            });
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            TransportLog.NotStored(_logger, socket.EndPoint, exception.Message);
        }
    }

    /// <summary>
    /// Shuts the passed sockets of this name down and closes them, removes a Unix socket's file, and empties the store of them.
    /// </summary>
    private void Discard(string name)
    {
        foreach (PassedDescriptor passed in _passed.Where(passed => passed.Name == name))
        {
            using Socket socket = new(new SafeSocketHandle(passed.Descriptor, ownsHandle: true));
            SocketCalls.Shutdown(passed.Descriptor);
            if (socket.LocalEndPoint is UnixDomainSocketEndPoint unix)
            {
                UnixSocketFile.DeleteIfUnused(unix);
            }
        }

        _passed.RemoveAll(passed => passed.Name == name);
        Remove(name);
    }

    private void Remove(string name)
    {
        try
        {
            _notify?.Send($"FDSTOREREMOVE=1\nFDNAME={name}", []);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            TransportLog.NotStored(_logger, StoredName.EndPointOf(name), exception.Message);
        }
    }
}
