using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WebApp;

/// <summary>
/// Provides the certificate of https endpoints without a configured one: the development certificate if the machine has it, or else a new
/// self-signed one.
/// </summary>
internal static class Certificate
{
    /// <summary>The extension by which <c>dotnet dev-certs</c> marks its certificates.</summary>
    private const string DevelopmentCertificateOid = "1.3.6.1.4.1.311.84.1.1";

    /// <summary>Created or found for the first https endpoint, and shared by all of them.</summary>
    public static readonly Lazy<X509Certificate2> DevelopmentOrSelfSigned = new(() => FindDevelopment() ?? MakeSelfSigned());

    private static X509Certificate2? FindDevelopment()
    {
        using X509Store store = new X509Store(StoreName.My, StoreLocation.CurrentUser);
        try
        {
            store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
        }
        catch (CryptographicException)
        {
            return null; // this user has no certificate store
        }

        DateTime now = DateTime.Now;
        return store.Certificates
            .Where(certificate => certificate.HasPrivateKey && certificate.NotBefore <= now && now <= certificate.NotAfter)
            .Where(certificate => certificate.Extensions.Any(extension => extension.Oid?.Value == DevelopmentCertificateOid))
            .MaxBy(certificate => certificate.NotAfter);
    }

    private static X509Certificate2 MakeSelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);

        SubjectAlternativeNameBuilder names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));

        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
    }
}
