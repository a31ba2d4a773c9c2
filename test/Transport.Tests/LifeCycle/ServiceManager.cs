using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Shared.Interop;
using Transport.Core.Interop.Sockets;
using Transport.Tests.Hostile;

namespace Transport.Tests.LifeCycle;

/// <summary>
/// Plays systemd's part for one service: receives the messages of sd_notify(3) with their descriptors, keeps those of FDSTORE=1, and starts
/// processes with the descriptors from 3 on (sd_listen_fds(3)).
/// </summary>
internal sealed class ServiceManager : IAsyncDisposable
{
    private const int DescriptorLimit = 4096;

    /// <summary>F_DUPFD: unlike F_DUPFD_CLOEXEC, a child inherits the duplicate.</summary>
    private const int FDupFd = 0;
    private const int FirstDuplicate = 200;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Task _receiving;
    private readonly Lock _gate = new();
    private readonly List<(string Name, SafeSocketHandle Descriptor)> _stored = [];
    private readonly List<string> _messages = [];
    private volatile bool _isOver;

    /// <param name="folder">Gets the socket.</param>
    public ServiceManager(string folder)
    {
        Path = System.IO.Path.Combine(folder, "notify");
        _socket.Bind(new UnixDomainSocketEndPoint(Path));
        _receiving = Task.Factory.StartNew(Receive, TaskCreationOptions.LongRunning);
    }

    /// <summary>NOTIFY_SOCKET.</summary>
    public string Path { get; }

    /// <summary>FDSTORE, the capacity of the store as systemd 254 tells it.</summary>
    public int Capacity { get; init; } = 64;

    /// <summary>The names of the stored descriptors.</summary>
    public string[] Stored
    {
        get
        {
            lock (_gate)
            {
                return [.. _stored.Select(static entry => entry.Name)];
            }
        }
    }

    public string[] Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    /// <summary>Adds a descriptor as a socket unit does. It is passed before those of the store.</summary>
    public void AddSocket(string name, Socket socket)
    {
        lock (_gate)
        {
            int duplicate = (int)SocketCalls.Duplicate((int)socket.Handle).ThrowIfError("fcntl(F_DUPFD_CLOEXEC)");
            _stored.Insert(0, (name, new SafeSocketHandle(duplicate, ownsHandle: true)));
        }
    }

    /// <summary>Starts a process of the service. Returns when it listens.</summary>
    public async Task<HostProcess> StartAsync(TransportUnderTest transport, params string[] arguments)
    {
        List<int> duplicates = [];
        StringBuilder script = new($"export NOTIFY_SOCKET='{Path}' FDSTORE={Capacity}; ");
        lock (_gate)
        {
            foreach ((string _, SafeSocketHandle descriptor) in _stored)
            {
                nint duplicate = SysResult.From(Fcntl.fcntl((int)descriptor.DangerousGetHandle(), FDupFd, FirstDuplicate))
                    .ThrowIfError("fcntl(F_DUPFD)");
                script.Append(CultureInfo.InvariantCulture, $"exec {3 + duplicates.Count}<&{duplicate}; ");
                duplicates.Add((int)duplicate);
            }

            if (duplicates.Count > 0)
            {
                string names = string.Join(':', _stored.Select(static entry => entry.Name));
                script.Append(
                    CultureInfo.InvariantCulture, $"export LISTEN_PID=$$ LISTEN_FDS={duplicates.Count} LISTEN_FDNAMES='{names}'; ");
            }
        }

        script.Append("exec \"$@\"");
        try
        {
            return await HostProcess.StartAsync(["bash", "-c", script.ToString(), "bash"], transport, DescriptorLimit, arguments);
        }
        finally
        {
            duplicates.ForEach(static duplicate => SocketCalls.Close(duplicate));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isOver = true;
        await _receiving;
        _socket.Dispose();
        _stored.ForEach(static entry => entry.Descriptor.Dispose());
    }

    private void Receive()
    {
        byte[] bytes = new byte[4096];
        while (!_isOver)
        {
            List<SafeSocketHandle> descriptors = [];
            SysResult received = DescriptorMessages.Receive((int)_socket.Handle, bytes, descriptors);
            if (received.WouldBlock)
            {
                _socket.Poll(TimeSpan.FromMilliseconds(20), SelectMode.SelectRead);
                continue;
            }

            string message = Encoding.ASCII.GetString(bytes, 0, (int)received.ThrowIfError("recvmsg"));
            lock (_gate)
            {
                _messages.Add(message);
                Apply(message.Split('\n'), descriptors);
            }
        }
    }

    private void Apply(string[] lines, List<SafeSocketHandle> descriptors)
    {
        string? named = Array.Find(lines, static line => line.StartsWith("FDNAME=", StringComparison.Ordinal));
        string name = named?["FDNAME=".Length..] ?? "stored";
        if (lines.Contains("FDSTOREREMOVE=1"))
        {
            _stored.FindAll(entry => entry.Name == name).ForEach(static entry => entry.Descriptor.Dispose());
            _stored.RemoveAll(entry => entry.Name == name);
        }

        foreach (SafeSocketHandle descriptor in descriptors)
        {
            if (lines.Contains("FDSTORE=1") && _stored.Count < Capacity)
            {
                _stored.Insert(0, (name, descriptor)); // systemd's order: the last one first
            }
            else
            {
                descriptor.Dispose();
            }
        }
    }
}
