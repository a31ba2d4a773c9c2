using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Transport.Core.HandOver;

/// <summary>
/// While listeners drain, lets each connection end with its next response: "Connection: close" in HTTP/1.x, GOAWAY in HTTP/2. Clients then
/// open a connection to the process that has taken over, instead of sending a request on one that is about to be closed.
/// </summary>
internal sealed class DrainStartupFilter(DrainState drain) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
    {
        application.Use(Install);
        next(application);
    };

    private RequestDelegate Install(RequestDelegate next) => context =>
    {
        if (drain.IsDraining)
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }

        return next(context);
    };
}
