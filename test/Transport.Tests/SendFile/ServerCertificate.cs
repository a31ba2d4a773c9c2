using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Transport.Tests.SendFile;

/// <summary>A self-signed certificate for a day.</summary>
internal static class ServerCertificate
{
    public static X509Certificate2 Make()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
