using System.Net.Security;

namespace Soak.Clients.Protocol;

/// <summary>TLS against the server's self-signed certificate.</summary>
internal static class ClientTls
{
    public static SslClientAuthenticationOptions Options() => new()
    {
        TargetHost = "localhost",
#pragma warning disable CA5359 // the server is this program's own, on loopback
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
    };
}
