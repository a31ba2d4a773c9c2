using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;
using Transport.Core.Listening;

namespace Transport.Core.HandOver;

/// <summary>
/// The Unix socket over which a later process takes the listening sockets of this one. It is bound to a name of its own first and renamed
/// when this process listens, so the path always leads to a process that serves.
/// </summary>
internal sealed class HandOverServer : IDisposable
{
    /// <summary>
    /// The wait after an error of accept(2), which the kernel would repeat at once: the descriptor limit is reached. An estimate.
    /// </summary>
    private static readonly TimeSpan AcceptRetry = TimeSpan.FromSeconds(1);

    /// <summary>How long another process may replace or remove the path. An estimate: it takes two system calls.</summary>
    private static readonly TimeSpan FolderLockLimit = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly string _boundPath;
    private readonly ILogger _logger;
    private readonly Func<IReadOnlyList<(EndPoint EndPoint, ListenSocket Socket)>> _sockets;
    private readonly Action<int> _takenOver;
    private Socket? _listening;
    private FileIdentity? _file;
    private bool _isDisposed;
    private int _isTakenOver;
    private int _pending;

    /// <param name="path">The path of the Unix socket.</param>
    /// <param name="sockets">Returns the sockets to hand over, with the end points as configured.</param>
    /// <param name="takenOver">Called once, when a later process listens on the sockets, with its process id.</param>
    /// <param name="logger">The logger of the transport's category.</param>
    /// <exception cref="IOException">The socket cannot be created at the path.</exception>
    public HandOverServer(
        string path, Func<IReadOnlyList<(EndPoint EndPoint, ListenSocket Socket)>> sockets, Action<int> takenOver, ILogger logger)
    {
        _path = path;

        // Not the process id: containers that share the folder have the same ids.
        _boundPath = string.Create(CultureInfo.InvariantCulture, $"{path}.{Random.Shared.Next():x8}");
        _logger = logger;
        _sockets = sockets;
        _takenOver = takenOver;

        // A path that cannot be used fails the start. The file is removed again: a start that fails later does not clean up.
        Bind().Dispose();
    }

    /// <summary>Makes this process the one that the path leads to.</summary>
    /// <exception cref="IOException">The socket cannot be created at the path.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not replace the file at the path.</exception>
    public void Start()
    {
        _listening = Bind();
        _file = FileIdentity.Of(_boundPath);

        // Without the lock, which not every file system has, the path is replaced all the same.
        using (FolderLock.TryTake(Folder, FolderLockLimit))
        {
            File.Move(_boundPath, _path, overwrite: true);
        }

        _ = AcceptAsync(_listening);
    }

    /// <summary>Removes the path, unless it leads to another process.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _isDisposed, true);
        if (_listening is null)
        {
            return;
        }

        if (Volatile.Read(ref _isTakenOver) == 0 && Volatile.Read(ref _pending) == 0)
        {
            RemovePath();
        }

        _listening.Dispose();
    }

    private string Folder => Path.GetDirectoryName(_path)!;

    /// <summary>
    /// Compares and deletes under the folder's lock, so that no other process replaces the path in between. Without the lock the path
    /// remains: the next process finds that nobody listens on it. Before the socket is closed: until then no other file gets its inode
    /// number.
    /// </summary>
    private void RemovePath()
    {
        using FolderLock? folder = FolderLock.TryTake(Folder, FolderLockLimit);
        if (folder is not null && FileIdentity.Of(_path) == _file)
        {
            File.Delete(_path);
        }
    }

    private Socket Bind()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(_boundPath));
            if (OperatingSystem.IsLinux())
            {
                File.SetUnixFileMode(_boundPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            socket.Listen();
            return socket;
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new IOException($"HandOverPath: no Unix socket can be created at {_path}: {exception.Message}", exception);
        }
    }

    private async Task AcceptAsync(Socket listening)
    {
        while (!Volatile.Read(ref _isDisposed))
        {
            try
            {
                _ = HandOverAsync(await listening.AcceptAsync());
            }
            catch (Exception exception)
            {
                if (Volatile.Read(ref _isDisposed)
                    || exception is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
                {
                    return;
                }

                // The descriptor limit is reached, and the process that connects waits in the backlog.
                TransportLog.HandOverFailed(_logger, _path, exception.Message);
                await Task.Delay(AcceptRetry);
            }
        }
    }

    /// <summary>Hands the sockets over to one process. If it ends before it listens, this process remains in service.</summary>
    private async Task HandOverAsync(Socket connection)
    {
        await Task.Yield();
        Interlocked.Increment(ref _pending);
        List<ListenSocket> shared = [];
        bool isHandedOver = false;
        try
        {
            int processId = HandOverPeer.Check(connection).pid;
            SendAll(connection, shared);
            byte[] answer = new byte[1];
            if (await connection.ReceiveAsync(answer) == 0)
            {
                throw new IOException($"process {processId} ended before it listened.");
            }

            isHandedOver = answer[0] == HandOverMessage.Listening;
            if (isHandedOver && Interlocked.Exchange(ref _isTakenOver, 1) == 0)
            {
                _takenOver(processId);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            TransportLog.HandOverFailed(_logger, _path, exception.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
            connection.Dispose();
            if (!isHandedOver)
            {
                shared.ForEach(static socket => socket.EndSharing());
            }
        }
    }

    /// <param name="connection">The connection to the process that takes the sockets over.</param>
    /// <param name="shared">Gets the sockets that were sent, even if a later one fails.</param>
    private void SendAll(Socket connection, List<ListenSocket> shared)
    {
        int number = 0;
        foreach ((EndPoint endPoint, ListenSocket socket) in _sockets())
        {
            HandOverMessage message = new(number++, HandOverPeer.Name(endPoint));
            bool isShared = socket.TryShare(descriptors =>
            {
                foreach (int[] part in descriptors.Chunk(DescriptorMessages.MaxDescriptors))
                {
                    message.Send(connection, part);
                }
            });
            if (isShared)
            {
                shared.Add(socket);
            }
        }

        new HandOverMessage(HandOverMessage.End, "").Send(connection, []);
    }
}
