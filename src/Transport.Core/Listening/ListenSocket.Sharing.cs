using System.Net.Sockets;
using Transport.Core.Interop;

namespace Transport.Core.Listening;

/// <summary>Sockets that another process may listen on too, or that systemd keeps: not shut down, and their files remain.</summary>
internal sealed partial class ListenSocket
{
    /// <summary>
    /// Calls <paramref name="send"/> with the descriptors, which stay open meanwhile. From then on the socket is shared with the process
    /// that receives them: it is not shut down, and its file remains, until <see cref="EndSharing"/>.
    /// </summary>
    /// <returns>False if the socket does not listen any more.</returns>
    public bool TryShare(Action<int[]> send)
    {
        lock (_gate)
        {
            if (IsDisposed || _isShutDown)
            {
                return false;
            }

            send(Descriptors());
            _pending++;
            return true;
        }
    }

    /// <summary>The process that was sent the descriptors has ended before it listened, or has refused them.</summary>
    public void EndSharing()
    {
        lock (_gate)
        {
            _pending--;
            if (IsDisposed)
            {
                DeleteUnusedFile();
            }
        }
    }

    /// <summary>
    /// The previous process of an adopted socket stops: this one removes a Unix socket's file at the end. Socket removes it only where it
    /// has bound the socket.
    /// </summary>
    public void OwnFile()
    {
        lock (_gate)
        {
            _isAdopted = false;
            Own();
        }
    }

    /// <summary>Leaves the sockets to another process: a Unix socket's file remains, and the sockets are not shut down.</summary>
    public void GiveAway() => GiveAway(static _ => { });

    /// <summary>
    /// The same, after <paramref name="send"/> has been called with the descriptors, which stay open meanwhile. Without effect if the
    /// socket does not listen any more, and if <paramref name="send"/> throws.
    /// </summary>
    public void GiveAway(Action<int[]> send)
    {
        lock (_gate)
        {
            if (IsDisposed || _isShutDown)
            {
                return;
            }

            send(Descriptors());
            _ownsFile = false;
            _isGivenAway = true;
        }
    }

    /// <summary>
    /// No other process is to serve on the sockets any more, though one may still hold duplicates: at the end they are shut down, which
    /// frees the address, and a Unix socket's file is removed.
    /// </summary>
    public void TakeBack()
    {
        lock (_gate)
        {
            _isTakenBack = true;
            _isGivenAway = false;
            _isAdopted = false;
            Own();
        }
    }

    private void Own()
    {
        _ownsFile = true;
        _file = FilePath is { } path ? FileIdentity.Of(path) : null;
    }

    private int[] Descriptors() => [.. _sockets.Select(static socket => (int)socket.SafeHandle.DangerousGetHandle())];

    /// <summary>The path of a Unix socket with a file.</summary>
    private string? FilePath => EndPoint is UnixDomainSocketEndPoint unix && unix.ToString() is { Length: > 0 } path && path[0] == '/'
        ? path
        : null;

    /// <summary>Whether another process may listen on the same socket. Under the gate.</summary>
    private bool IsShared => IsInherited || _isGivenAway || _isAdopted || _pending > 0;

    /// <summary>
    /// Removes the file of a socket that was shared with a process that may have ended as well. Otherwise the next process could not bind
    /// the path. The file of a socket that is given away, or was inherited as a descriptor, is another process's matter.
    /// </summary>
    private void DeleteUnusedFile()
    {
        if (!IsInherited && !_isGivenAway && FilePath is { } path)
        {
            UnixSocketFile.DeleteIfUnused(path);
        }
    }

    /// <summary>
    /// Closes the descriptor; not by Socket.Dispose if the socket has a file. That removes whatever is at the path by then: the file of a
    /// socket on which another process may listen, or of another process's own socket.
    /// </summary>
    private void Close(Socket socket)
    {
        if (IsShared || FilePath is not null)
        {
            socket.SafeHandle.Dispose();
            lock (s_withFile)
            {
                s_withFile.Add(socket);
            }
        }
        else
        {
            socket.Dispose();
        }
    }
}
