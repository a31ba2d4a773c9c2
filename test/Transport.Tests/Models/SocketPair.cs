using System.Net;
using System.Net.Sockets;

namespace Transport.Tests.Models;

/// <summary>Both ends of a TCP connection in this process; the watched one does not block.</summary>
internal sealed class SocketPair : IDisposable
{
    public SocketPair()
    {
        using Socket listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(1);
        Peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Peer.Connect(listening.LocalEndPoint!);
        Watched = listening.Accept();
        Watched.Blocking = false;
        Watched.NoDelay = true;
    }

    public Socket Watched { get; }

    public Socket Peer { get; }

    public int Descriptor => (int)Watched.Handle;

    /// <summary>Sends one byte, and returns when the watched end has it.</summary>
    public void SendOne()
    {
        Peer.Send([1]);
        Assert.True(SpinWait.SpinUntil(() => Watched.Available > 0, Deadline.Default));
    }

    /// <summary>Takes what is there.</summary>
    /// <returns>How much that was; −1 for nothing, 0 for FIN.</returns>
    public int Receive()
    {
        int count = Watched.Receive(new byte[4096], SocketFlags.None, out SocketError error);
        return error == SocketError.WouldBlock ? -1 : error == SocketError.Success ? count : throw new SocketException((int)error);
    }

    /// <summary>Sends until the kernel takes no more.</summary>
    public void Fill()
    {
        byte[] chunk = new byte[65536];
        SocketError error;
        do
        {
            Watched.Send(chunk, SocketFlags.None, out error);
        }
        while (error == SocketError.Success);
        Assert.Equal(SocketError.WouldBlock, error);
    }

    /// <summary>The peer takes everything that <see cref="Fill"/> sent.</summary>
    public void Drain()
    {
        byte[] chunk = new byte[1 << 20];
        do
        {
            Peer.Receive(chunk);
        }
        while (Peer.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead));
    }

    public void Dispose()
    {
        Watched.Dispose();
        Peer.Dispose();
    }
}
