using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Transport.Core.Connections;
using Transport.Core.Features;

namespace Transport.Core.SendFile;

/// <summary>
/// Puts <see cref="SendFileResponseBody"/> before all middleware, for requests over HTTP/1.x on a transport of ours. Three look-ups and a
/// field a request; the object is the connection's.
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
