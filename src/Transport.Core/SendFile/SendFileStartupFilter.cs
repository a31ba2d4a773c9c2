using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Transport.Core.Connections;
using Transport.Core.Features;

namespace Transport.Core.SendFile;

/// <summary>
/// Installs <see cref="SendFileResponseBody"/> before all middleware, for HTTP/1.x requests on these transports. It costs three look-ups
/// and a field for each request; the object belongs to the connection.
/// </summary>
internal sealed class SendFileStartupFilter : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
    {
        application.Use(Install);
        next(application);
    };

    private static RequestDelegate Install(RequestDelegate next) => context =>
    {
        if (context.Features.Get<ISendFileFeature>() is SocketConnection connection)
        {
            connection.SetResponseBody(context.Features);
        }

        return next(context);
    };
}
