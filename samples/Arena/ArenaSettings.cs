namespace Arena;

/// <summary>The settings of this app; each can be given on the command line, in the environment or in appsettings.json.</summary>
internal sealed record ArenaSettings
{
    /// <summary>The transport: <c>epoll</c> or <c>sockets</c>. Default: epoll.</summary>
    public required string Transport { get; init; }

    /// <summary>Where application code runs: a value of the transport's option; null for its default.</summary>
    public string? Scheduling { get; init; }

    /// <summary>The number of event loops or I/O queues; null for the transport's default.</summary>
    public int? Loops { get; init; }

    /// <summary>The folder with <c>dataset.json</c> and the folder <c>static</c>. Default: /data.</summary>
    public required string Data { get; init; }

    /// <summary>The certificate in PEM format. Without it there are no TLS end points. Default: /certs/server.crt.</summary>
    public required string Certificate { get; init; }

    /// <summary>The key of the certificate in PEM format. Default: /certs/server.key.</summary>
    public required string CertificateKey { get; init; }

    /// <summary>Whether to listen on the loopback address only. Default: false.</summary>
    public bool Loopback { get; init; }

    /// <summary>The port of HTTP/1.1. Default: 8080.</summary>
    public required int Http { get; init; }

    /// <summary>The port of HTTP/1.1 over TLS. Default: 8081.</summary>
    public required int HttpTls { get; init; }

    /// <summary>The port of HTTP/2 without TLS, with prior knowledge. Default: 8082.</summary>
    public required int Http2 { get; init; }

    /// <summary>The port of HTTP/2 and HTTP/1.1 over TLS. Default: 8443.</summary>
    public required int Https { get; init; }

    public static ArenaSettings Read(IConfiguration configuration) => new()
    {
        Transport = configuration["transport"] ?? "epoll",
        Scheduling = configuration["scheduling"],
        Loops = configuration.GetValue<int?>("loops"),
        Data = configuration["data"] ?? "/data",
        Certificate = configuration["TLS_CERT"] ?? "/certs/server.crt",
        CertificateKey = configuration["TLS_KEY"] ?? "/certs/server.key",
        Loopback = configuration.GetValue<bool>("loopback"),
        Http = configuration.GetValue("http", 8080),
        HttpTls = configuration.GetValue("http-tls", 8081),
        Http2 = configuration.GetValue("http2", 8082),
        Https = configuration.GetValue("https", 8443),
    };
}
