using System.Net;
using WebApp.Live;

namespace WebApp;

/// <summary>Configures Kestrel: the selected transport, HTTP versions, and https for https URLs.</summary>
internal static class KestrelSetup
{
    public static void UseSampleKestrel(this WebApplicationBuilder builder, SampleSettings settings)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel((context, kestrel) =>
        {
            if (settings.Protocols is { } protocols)
            {
                kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = protocols);
            }

            // A configured certificate takes precedence.
            if (!context.Configuration.GetSection("Kestrel:Certificates:Default").Exists())
            {
                kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate ??= Certificate.DevelopmentOrSelfSigned.Value);
            }
        });

        if (settings.Sides.Count == 0)
        {
            Transports.ByName[settings.Transport](builder.WebHost, settings, null);
            return;
        }

        foreach (LiveSide side in settings.Sides)
        {
            // The loads of the live page are for this machine only, so the end points use the loopback address.
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, side.Port));
            Transports.ByName[side.Transport](
                builder.WebHost, settings, endPoint => endPoint is IPEndPoint address && address.Port == side.Port);
        }
    }
}
