using Transport.Core.Features;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;

namespace Transport.Core.Connections;

/// <summary>The features with what the kernel knows of the peer.</summary>
internal sealed partial class SocketConnection : ITcpInfoFeature, IPeerCredentialsFeature
{
    public TcpInfo GetTcpInfo()
    {
        Libc.tcp_info info = SocketOptions.GetTcpInfo(Socket);
        return new TcpInfo
        {
            RoundTripTime = TimeSpan.FromMicroseconds(info.tcpi_rtt),
            RoundTripTimeVariation = TimeSpan.FromMicroseconds(info.tcpi_rttvar),
            MinRoundTripTime = TimeSpan.FromMicroseconds(info.tcpi_min_rtt),
            SendMaximumSegmentSize = info.tcpi_snd_mss,
            CongestionWindow = info.tcpi_snd_cwnd,
            UnacknowledgedSegments = info.tcpi_unacked,
            TotalRetransmits = info.tcpi_total_retrans,
            BytesAcknowledged = (long)info.tcpi_bytes_acked,
            BytesReceived = (long)info.tcpi_bytes_received,
            NotSentBytes = info.tcpi_notsent_bytes,
            DeliveryRate = (long)Math.Min(info.tcpi_delivery_rate, long.MaxValue),
        };
    }

    public PeerCredentials GetPeerCredentials()
    {
        Libc.ucred credentials = SocketOptions.GetPeerCredentials(Socket);
        return new PeerCredentials(credentials.pid, credentials.uid, credentials.gid);
    }
}
