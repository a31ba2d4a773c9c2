namespace WebApp;

/// <summary>Kestrel as this app wants it: the transport asked for, HTTP versions, and https where a URL says so.</summary>
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

            // A certificate that the configuration names goes first; only without one is there anything to find or to make.
            if (!context.Configuration.GetSection("Kestrel:Certificates:Default").Exists())
            {
                kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate ??= Certificate.DevelopmentOrSelfSigned.Value);
            }
        });

        Transports.ByName[settings.Transport](builder.WebHost, settings);
    }
}
