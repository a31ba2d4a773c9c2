using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Bench.Servers;

namespace Bench.Arena;

/// <summary>What the public board mounts into an entry: a data set, static files and a certificate. They are kept between runs.</summary>
internal static class ArenaData
{
    private const int Items = 50;

    private static readonly string Folder = Path.Combine(Repository.Root, "artifacts", "bench-arena");

    /// <summary>The path of the certificate, which signs itself.</summary>
    public static readonly string Certificate = Path.Combine(Folder, "server.crt");

    private static readonly string Key = Path.Combine(Folder, "server.key");

    /// <summary>Names and lengths like those of a small web site: style sheets, scripts, pages, fonts and pictures.</summary>
    private static readonly IReadOnlyList<(string Name, int Kibibytes)> Files =
    [
        ("reset.css", 2), ("layout.css", 8), ("theme.css", 12), ("components.css", 40), ("utilities.css", 60),
        ("analytics.js", 12), ("helpers.js", 16), ("app.js", 120), ("vendor.js", 200), ("router.js", 20),
        ("header.html", 2), ("footer.html", 1), ("regular.woff2", 30), ("bold.woff2", 32), ("logo.svg", 4),
        ("icon-sprite.svg", 24), ("hero.webp", 90), ("thumb1.webp", 12), ("thumb2.webp", 14), ("manifest.json", 1),
    ];

    private static readonly string[] Categories = ["electronics", "tools", "books", "garden"];

    /// <summary>The path of a file of 20 KiB.</summary>
    public const string MediumFile = "/static/router.js";

    /// <summary>The paths of all files.</summary>
    public static IReadOnlyList<string> FilePaths => [.. Files.Select(file => $"/static/{file.Name}")];

    /// <summary>The arguments of samples/Arena that name the data.</summary>
    public static IReadOnlyList<string> ServerArguments => ["--data", Folder, "--TLS_CERT", Certificate, "--TLS_KEY", Key];

    /// <summary>Makes what does not exist yet; the certificate is renewed, because it is valid for a month.</summary>
    public static async Task MakeAsync(Action<string> say, CancellationToken cancellation)
    {
        say($"making data in {Folder}");
        Directory.CreateDirectory(Path.Combine(Folder, "static"));
        await File.WriteAllTextAsync(Path.Combine(Folder, "dataset.json"), MakeDataset(), cancellation);
        foreach ((string name, int kibibytes) in Files)
        {
            string path = Path.Combine(Folder, "static", name);
            if (new FileInfo(path) is not { Exists: true } file || file.Length != kibibytes << 10)
            {
                await File.WriteAllBytesAsync(path, MakeText(kibibytes << 10), cancellation);
            }
        }

        await WriteCertificateAsync(cancellation);
    }

    /// <summary>Makes a data set in the form of the board's.</summary>
    internal static string MakeDataset()
    {
        Random random = new Random(7);
        return JsonSerializer.Serialize(Enumerable.Range(1, Items).Select(id => new
        {
            Id = id,
            Name = $"Item {id}",
            Category = Categories[id % Categories.Length],
            Price = random.Next(1, 500),
            Quantity = random.Next(1, 100),
            Active = id % 3 != 0,
            Tags = new[] { "fast", id % 2 == 0 ? "new" : "used" },
            Rating = new { Score = random.Next(1, 50), Count = random.Next(1, 500) },
        }), JsonSerializerOptions.Web);
    }

    /// <summary>Text that can be compressed about as well as a script.</summary>
    private static byte[] MakeText(int length)
    {
        Random random = new Random(length);
        StringBuilder text = new StringBuilder();
        while (text.Length < length)
        {
            text.Append("function f").Append(random.Next()).Append("(a, b) { return a + b * ").Append(random.Next()).Append("; }\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }

    private static async Task WriteCertificateAsync(CancellationToken cancellation)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        await File.WriteAllTextAsync(Certificate, certificate.ExportCertificatePem(), cancellation);
        await File.WriteAllTextAsync(Key, key.ExportPkcs8PrivateKeyPem(), cancellation);
    }
}
