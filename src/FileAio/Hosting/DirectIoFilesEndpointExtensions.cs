using FileAio;
using FileAio.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Static files through kernel AIO and O_DIRECT, as endpoints.</summary>
public static class DirectIoFilesEndpointExtensions
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Serves the folder that <paramref name="root"/> names at an endpoint, with the settings of the configuration section <c>DirectIoFiles</c>.
    /// </summary>
    /// <param name="endpoints">The routes.</param>
    /// <param name="pattern">The route pattern. Its last part is a catch-all parameter, which is the path below the folder: <c>/models/{**path}</c>.</param>
    /// <param name="root">The folder, absolute or relative to the content root; it must exist.</param>
    /// <returns>The endpoint, for <c>RequireAuthorization</c>, <c>RequireRateLimiting</c> and other conventions.</returns>
    /// <exception cref="ArgumentException">The pattern has no catch-all parameter.</exception>
    /// <exception cref="OptionsValidationException">Settings are out of range; each is named, with what it allows.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IEndpointConventionBuilder MapDirectIoFiles(this IEndpointRouteBuilder endpoints, string pattern, string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        return endpoints.MapDirectIoFiles(pattern, options => options.Root = root);
    }

    /// <inheritdoc cref="MapDirectIoFiles(IEndpointRouteBuilder, string, Action{DirectIoFileOptions})"/>
    /// <param name="endpoints">The routes.</param>
    /// <param name="pattern">The route pattern. Its last part is a catch-all parameter, which is the path below the folder: <c>/models/{**path}</c>.</param>
    public static IEndpointConventionBuilder MapDirectIoFiles(this IEndpointRouteBuilder endpoints, string pattern) =>
        endpoints.MapDirectIoFiles(pattern, static _ => { });

    /// <summary>
    /// Serves files at an endpoint: authorization, rate limiting, output caching and other metadata apply to it as to every endpoint. Settings
    /// come from the configuration section <c>DirectIoFiles</c> and then <paramref name="configure"/>. <see cref="DirectIoFileOptions.RequestPath"/>
    /// is not used, and a path without a file is answered 404 whatever <see cref="DirectIoFileOptions.Terminal"/> says.
    /// </summary>
    /// <param name="endpoints">The routes.</param>
    /// <param name="pattern">The route pattern. Its last part is a catch-all parameter, which is the path below the folder: <c>/models/{**path}</c>.</param>
    /// <param name="configure">Has the last word.</param>
    /// <returns>The endpoint, for <c>RequireAuthorization</c>, <c>RequireRateLimiting</c> and other conventions.</returns>
    /// <exception cref="ArgumentException">The pattern has no catch-all parameter.</exception>
    /// <exception cref="OptionsValidationException">Settings are out of range; each is named, with what it allows.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IEndpointConventionBuilder MapDirectIoFiles(
        this IEndpointRouteBuilder endpoints, string pattern, Action<DirectIoFileOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        ArgumentNullException.ThrowIfNull(configure);
        RoutePattern parsed = RoutePatternFactory.Parse(pattern);
        string parameter = parsed.Parameters.FirstOrDefault(static parameter => parameter.IsCatchAll)?.Name
            ?? throw new ArgumentException($"\"{pattern}\" has no catch-all parameter; allowed: a pattern such as \"/models/{{**path}}\".", nameof(pattern));

        IApplicationBuilder pipeline = endpoints.CreateApplicationBuilder();
        pipeline.UseDirectIoFiles(options =>
        {
            configure(options);
            options.RequestPath = PathString.Empty;
            options.Terminal = true;
            options.Pattern = pattern;
        });
        FileEndpoint endpoint = new(pipeline.Build(), parameter);
        return endpoints.MapMethods(pattern, Methods, endpoint.InvokeAsync).WithDisplayName($"Direct I/O files {pattern}");
    }
}
