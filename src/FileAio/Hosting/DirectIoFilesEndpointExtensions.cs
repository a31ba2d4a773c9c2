using FileAio;
using FileAio.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Provides extension methods that map static files through kernel AIO and O_DIRECT as endpoints.</summary>
public static class DirectIoFilesEndpointExtensions
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Maps an endpoint that serves the folder <paramref name="root"/>, with the options of the configuration section <c>DirectIoFiles</c>.
    /// </summary>
    /// <param name="endpoints">The endpoint route builder.</param>
    /// <param name="pattern">The route pattern. It ends with a catch-all parameter for the path: <c>/models/{**path}</c>.</param>
    /// <param name="root">The folder, absolute or relative to the content root; it must exist.</param>
    /// <param name="fallbackFile">
    /// The file, relative to the folder, that is served with 200 for paths without a file, such as <c>index.html</c> of a single-page
    /// application. As with <c>MapFallbackToFile</c>, not for paths whose last segment contains a dot: those get 404. Default: null, which
    /// is none.
    /// </param>
    /// <returns>The endpoint, for <c>RequireAuthorization</c>, <c>RequireRateLimiting</c> and other conventions.</returns>
    /// <exception cref="ArgumentException">The pattern has no catch-all parameter, or the fallback file is no relative path.</exception>
    /// <exception cref="OptionsValidationException">Options are invalid. The message names each, with its allowed values.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IEndpointConventionBuilder MapDirectIoFiles(
        this IEndpointRouteBuilder endpoints, string pattern, string root, string? fallbackFile = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        return endpoints.MapDirectIoFiles(pattern, options => options.Root = root, fallbackFile);
    }

    /// <inheritdoc cref="MapDirectIoFiles(IEndpointRouteBuilder, string, Action{DirectIoFileOptions}, string)"/>
    /// <param name="endpoints">The endpoint route builder.</param>
    /// <param name="pattern">The route pattern. It ends with a catch-all parameter for the path: <c>/models/{**path}</c>.</param>
    public static IEndpointConventionBuilder MapDirectIoFiles(this IEndpointRouteBuilder endpoints, string pattern) =>
        endpoints.MapDirectIoFiles(pattern, static _ => { });

    /// <summary>
    /// Maps an endpoint that serves files. Authorization, rate limiting, output caching and other metadata apply to it as to every
    /// endpoint. Options come from the configuration section <c>DirectIoFiles</c> and then from <paramref name="configure"/>. <see
    /// cref="DirectIoFileOptions.RequestPath"/> is not used. A path without a file gets the fallback file or 404, whatever the value of
    /// <see cref="DirectIoFileOptions.Terminal"/>.
    /// </summary>
    /// <param name="endpoints">The endpoint route builder.</param>
    /// <param name="pattern">The route pattern. It ends with a catch-all parameter for the path: <c>/models/{**path}</c>.</param>
    /// <param name="configure">A delegate that changes the options. It is called last.</param>
    /// <param name="fallbackFile">
    /// The file, relative to the folder, that is served with 200 for paths without a file, such as <c>index.html</c> of a single-page
    /// application. As with <c>MapFallbackToFile</c>, not for paths whose last segment contains a dot: those get 404. Default: null, which
    /// is none.
    /// </param>
    /// <returns>The endpoint, for <c>RequireAuthorization</c>, <c>RequireRateLimiting</c> and other conventions.</returns>
    /// <exception cref="ArgumentException">The pattern has no catch-all parameter, or the fallback file is no relative path.</exception>
    /// <exception cref="OptionsValidationException">Options are invalid. The message names each, with its allowed values.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IEndpointConventionBuilder MapDirectIoFiles(
        this IEndpointRouteBuilder endpoints, string pattern, Action<DirectIoFileOptions> configure, string? fallbackFile = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        ArgumentNullException.ThrowIfNull(configure);
        RoutePattern parsed = RoutePatternFactory.Parse(pattern);
        string parameter = parsed.Parameters.FirstOrDefault(static parameter => parameter.IsCatchAll)?.Name
            ?? throw new ArgumentException($"\"{pattern}\" has no catch-all parameter; allowed: a pattern such as \"/models/{{**path}}\".",
                nameof(pattern));

        if (fallbackFile is "" || fallbackFile?.StartsWith('/') == true)
        {
            throw new ArgumentException($"\"{fallbackFile}\" is no relative path; allowed: a path below the folder, such as "
                + "\"index.html\", or null.", nameof(fallbackFile));
        }

        IApplicationBuilder pipeline = endpoints.CreateApplicationBuilder();
        pipeline.UseDirectIoFiles(options =>
        {
            configure(options);
            options.RequestPath = PathString.Empty;
            options.Terminal = fallbackFile is null;
            options.Pattern = pattern;
        });
        if (fallbackFile is not null)
        {
            pipeline.Run(FileEndpoint.NotFound);
        }

        FileEndpoint endpoint = new(pipeline.Build(), parameter, fallbackFile is null ? default : new PathString($"/{fallbackFile}"));
        return endpoints.MapMethods(pattern, Methods, endpoint.InvokeAsync).WithDisplayName($"Direct I/O files {pattern}");
    }
}
