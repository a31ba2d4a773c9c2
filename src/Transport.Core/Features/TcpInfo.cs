namespace Transport.Core.Features;

/// <summary>Represents values of a TCP connection (TCP_INFO in linux/tcp.h).</summary>
public readonly record struct TcpInfo
{
    /// <summary>Gets the smoothed round-trip time (tcpi_rtt).</summary>
    public TimeSpan RoundTripTime { get; init; }

    /// <summary>Gets the mean deviation of the round-trip time (tcpi_rttvar).</summary>
    public TimeSpan RoundTripTimeVariation { get; init; }

    /// <summary>Gets the minimum round-trip time in the kernel's recent window (tcpi_min_rtt).</summary>
    public TimeSpan MinRoundTripTime { get; init; }

    /// <summary>Gets the maximum segment size for sending, in bytes (tcpi_snd_mss).</summary>
    public long SendMaximumSegmentSize { get; init; }

    /// <summary>Gets the congestion window, in segments (tcpi_snd_cwnd).</summary>
    public long CongestionWindow { get; init; }

    /// <summary>Gets the number of segments that are sent and not yet acknowledged (tcpi_unacked).</summary>
    public long UnacknowledgedSegments { get; init; }

    /// <summary>Gets the number of retransmitted segments since the connection was established (tcpi_total_retrans).</summary>
    public long TotalRetransmits { get; init; }

    /// <summary>Gets the number of bytes that the peer has acknowledged (tcpi_bytes_acked).</summary>
    public long BytesAcknowledged { get; init; }

    /// <summary>Gets the number of bytes received (tcpi_bytes_received).</summary>
    public long BytesReceived { get; init; }

    /// <summary>Gets the number of bytes in the socket's send buffer that have not been sent once (tcpi_notsent_bytes).</summary>
    public long NotSentBytes { get; init; }

    /// <summary>Gets the most recent delivery rate to the peer, in bytes per second (tcpi_delivery_rate).</summary>
    public long DeliveryRate { get; init; }
}
