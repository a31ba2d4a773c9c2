using System.Net;

namespace Soak.Server;

/// <summary>Where the server listens.</summary>
/// <param name="Http">HTTP/1.1.</param>
/// <param name="Https">HTTP/1.1 and HTTP/2 over TLS.</param>
/// <param name="Http2">HTTP/2 without TLS.</param>
internal sealed record ServerPorts(IPEndPoint Http, IPEndPoint Https, IPEndPoint Http2);
