using System.Net;
using System.Net.Sockets;

namespace Transport.Core.HandOver;

/// <summary>
/// The listening sockets of the previous process, received over the hand-over's Unix socket. The previous process accepts on them too,
/// until <see cref="Complete"/> tells it that this one listens.
/// </summary>
internal sealed class InheritedSockets : IDisposable
{
    private readonly Socket _connection;
    private readonly List<(string EndPoint, Socket[] Sockets)> _sockets = [];

    private InheritedSockets(Socket connection) => _connection = connection;

    /// <summary>The process that hands its sockets over.</summary>
    public int ProcessId { get; private init; }

    /// <summary>Connects to the previous process and receives its sockets.</summary>
    /// <returns>Null if no process listens on the path.</returns>
    /// <exception cref="IOException">The previous process did not hand its sockets over.</exception>
    /// <exception cref="SocketException">The kernel refused the connection for another reason than that nobody listens.</exception>
    public static InheritedSockets? Receive(string path)
    {
        Socket connection = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        InheritedSockets? inherited = null;
        try
        {
            try
            {
                connection.Connect(new UnixDomainSocketEndPoint(path));
            }
            catch (SocketException exception)
                when (exception.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.ConnectionRefused)
            {
                // No file (ENOENT), or one that is left over.
                connection.Dispose();
                return null;
            }

            inherited = new InheritedSockets(connection) { ProcessId = HandOverPeer.Check(connection).pid };
            inherited.ReceiveAll();
            return inherited;
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            inherited?.Dispose();
            connection.Dispose();
            throw new IOException($"The process that listens on {path} did not hand its sockets over: {exception.Message}", exception);
        }
    }

    /// <summary>Returns the sockets of an end point, in the order in which the previous process created them, and forgets them.</summary>
    /// <returns>Empty if the previous process did not listen on the end point.</returns>
    public Socket[] Take(EndPoint endPoint)
    {
        string text = HandOverPeer.Name(endPoint);
        int index = _sockets.FindIndex(entry => entry.EndPoint == text);
        if (index < 0)
        {
            return [];
        }

        Socket[] sockets = _sockets[index].Sockets;
        _sockets.RemoveAt(index);
        return sockets;
    }

    /// <summary>Closes the sockets that were not taken, and tells the previous process to stop.</summary>
    /// <returns>The end points that were not taken.</returns>
    public IReadOnlyList<string> Complete()
    {
        List<string> unused = [.. _sockets.Select(static entry => entry.EndPoint)];
        try
        {
            _connection.Send([HandOverMessage.Listening]);
        }
        catch (SocketException)
        {
            // The previous process has ended by itself.
        }

        Dispose();
        return unused;
    }

    /// <summary>Closes the sockets that were not taken. Without <see cref="Complete"/> the previous process remains in service.</summary>
    public void Dispose()
    {
        foreach ((string _, Socket[] sockets) in _sockets)
        {
            Array.ForEach(sockets, static socket => socket.Dispose());
        }

        _sockets.Clear();
        _connection.Dispose();
    }

    private void ReceiveAll()
    {
        List<SafeSocketHandle> handles = [];
        List<(int Number, string EndPoint, int Count)> entries = [];
        try
        {
            while (true)
            {
                int before = handles.Count;
                HandOverMessage message = HandOverMessage.Receive(_connection, handles);
                if (message.Number == HandOverMessage.End)
                {
                    break;
                }

                entries.Add((message.Number, message.EndPoint, handles.Count - before));
            }

            int next = 0;
            foreach (IGrouping<int, (int Number, string EndPoint, int Count)> entry in entries.GroupBy(static entry => entry.Number))
            {
                int count = entry.Sum(static part => part.Count);
                _sockets.Add((entry.First().EndPoint, [.. handles.GetRange(next, count).Select(static handle => new Socket(handle))]));
                next += count;
            }
        }
        catch
        {
            handles.ForEach(static handle => handle.Dispose());
            throw;
        }
    }
}
