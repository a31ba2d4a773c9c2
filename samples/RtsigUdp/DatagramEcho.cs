using System.Net;
using System.Net.Sockets;
using Shared.Interop;
using Transport.Core.Readiness;
using Transport.Rtsig;
using Libc = RtsigUdp.Interop.Libc;

namespace RtsigUdp;

/// <summary>
/// Sends every datagram back to where it came from, driven by the same queue of signals that the web transport uses. A socket raises a
/// signal a datagram, so one queue serves as many sockets as there are.
/// </summary>
internal sealed unsafe class DatagramEcho : IDisposable
{
    /// <summary>No datagram is longer.</summary>
    private const int MaxDatagram = 65_535;

    /// <summary>sizeof(struct sockaddr_storage): no address is longer.</summary>
    private const int MaxAddress = 128;

    private readonly RtsigPoller _poller;
    private readonly Socket[] _sockets;
    private readonly Ready[] _ready = new Ready[64];
    private readonly byte[] _datagram = GC.AllocateUninitializedArray<byte>(MaxDatagram, pinned: true);

    /// <summary>On the thread that will <see cref="Run"/>: signals are sent to it and to no other.</summary>
    public DatagramEcho(int signal, RtsigCounters counters, SignalOverflows overflows, params ReadOnlySpan<IPEndPoint> endPoints)
    {
        _poller = new RtsigPoller(signal, SignalReading.Batch, counters, overflows);
        _sockets = new Socket[endPoints.Length];
        for (int i = 0; i < endPoints.Length; i++)
        {
            Socket socket = _sockets[i] = new Socket(endPoints[i].AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
            socket.Bind(endPoints[i]);
            int descriptor = (int)socket.Handle;
            _poller.Add(descriptor, SocketRole.Connection).ThrowIfError("fcntl");
            _poller.Arm(descriptor, Readiness.Readable);
        }
    }

    /// <summary>Where it listens.</summary>
    public IEnumerable<EndPoint> EndPoints => _sockets.Select(socket => socket.LocalEndPoint!);

    public long Echoed { get; private set; }

    /// <summary>Datagrams that the peer's side, or our own send buffer, would not take: UDP loses such.</summary>
    public long Dropped { get; private set; }

    /// <summary>Echoes until the token is cancelled, which is looked at twice a second.</summary>
    public void Run(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            int reports = (int)_poller.Wait(_ready, 500).ThrowIfError("waiting");
            for (int i = 0; i < reports; i++)
            {
                EchoAll(_ready[i].Key);
                _poller.Arm(_ready[i].Key, Readiness.Readable);
            }
        }
    }

    public void Dispose()
    {
        foreach (Socket socket in _sockets)
        {
            _poller.Remove((int)socket.Handle);
            socket.Dispose();
        }

        _poller.Dispose();
    }

    /// <summary>
    /// Until EAGAIN: one report may stand for many datagrams, and some of the signals behind it are for those that are taken here.
    /// </summary>
    private void EchoAll(int socket)
    {
        byte* address = stackalloc byte[MaxAddress];

        // SAFETY: the array is on the pinned heap; fixed costs nothing.
        fixed (byte* datagram = _datagram)
        {
            while (true)
            {
                uint length = MaxAddress;
                SysResult received = SysResult.From(Libc.recvfrom(socket, datagram, MaxDatagram, 0, address, &length));
                if (received.WouldBlock)
                {
                    return;
                }

                SysResult sent = SysResult.From(
                    Libc.sendto(socket, datagram, (nuint)received.ThrowIfError("recvfrom"), 0, address, length));
                Echoed += sent.IsError ? 0 : 1;
                Dropped += sent.IsError ? 1 : 0;
            }
        }
    }
}
