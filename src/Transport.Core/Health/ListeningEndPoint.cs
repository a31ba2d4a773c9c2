using System.Net;

namespace Transport.Core.Health;

/// <summary>An end point that one of these transports serves.</summary>
/// <param name="EndPoint">The address that the socket is bound to.</param>
/// <param name="Transport">The name of the transport as registered.</param>
/// <param name="Mechanism">The name of the model in use, which differs if it is a fallback.</param>
internal sealed record ListeningEndPoint(EndPoint EndPoint, string Transport, string Mechanism);
