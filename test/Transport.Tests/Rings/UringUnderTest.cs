using Microsoft.AspNetCore.Hosting;
using Transport.Uring;

namespace Transport.Tests.Rings;

/// <summary>The io_uring transport with options of its own set.</summary>
internal static class UringUnderTest
{
    public static TransportUnderTest Default => TransportCatalogue.Get("uring");

    public static TransportUnderTest With(Action<UringTransportOptions> set) => new("uring", (web, settings) =>
    {
        Default.Apply(web, settings);
        web.UseUringTransport(set);
    });

    public static TransportUnderTest With(UringReceive receive) => With(options => options.Receive = receive);
}
