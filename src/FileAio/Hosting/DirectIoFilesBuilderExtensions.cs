using FileAio;
using FileAio.Buffers;
using FileAio.Diagnostics;
using FileAio.Hosting;
using FileAio.Http;
using FileAio.Interop;
using FileAio.Sending;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Static files through kernel AIO and O_DIRECT.</summary>
public static class DirectIoFilesBuilderExtensions
{
    private const string StatusKey = "FileAio.Status";

    /// <summary>
    /// Serves the web root, or what the configuration section <c>DirectIoFiles</c> says: in the place of <c>UseDefaultFiles</c> and
    /// <c>UseStaticFiles</c>. Large files go past the page cache by kernel AIO; small ones come out of it.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <returns>The application.</returns>
    /// <exception cref="OptionsValidationException">Settings are out of range; each is named, with what it allows.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IApplicationBuilder UseDirectIoFiles(this IApplicationBuilder app) => app.UseDirectIoFiles(static _ => { });

    /// <summary>Serves the web root at a path; otherwise as the configuration section <c>DirectIoFiles</c> says.</summary>
    /// <param name="app">The application.</param>
    /// <param name="requestPath">The path, such as <c>/files</c>.</param>
    /// <returns>The application.</returns>
    /// <exception cref="ArgumentException">The path does not begin with a slash.</exception>
    /// <exception cref="OptionsValidationException">Settings are out of range; each is named, with what it allows.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IApplicationBuilder UseDirectIoFiles(this IApplicationBuilder app, string requestPath) =>
        app.UseDirectIoFiles(options => options.RequestPath = requestPath);

    /// <summary>Serves files as the configuration section <c>DirectIoFiles</c> says, and then <paramref name="configure"/>.</summary>
    /// <param name="app">The application.</param>
    /// <param name="configure">Has the last word.</param>
    /// <returns>The application.</returns>
    /// <exception cref="OptionsValidationException">Settings are out of range; each is named, with what it allows.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IApplicationBuilder UseDirectIoFiles(this IApplicationBuilder app, Action<DirectIoFileOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(configure);
        DirectIoFileOptions options = new DirectIoFileOptions();
        IReadOnlyList<string> unreadable = app.ApplicationServices.GetService<IConfiguration>() is { } configuration
            ? DirectIoFileConfiguration.Bind(configuration.GetSection("DirectIoFiles"), options)
            : [];
        configure(options);
        return app.Use(options, unreadable);
    }

    /// <summary>
    /// Serves files as <paramref name="options"/> say, and nothing else. Off Linux this is <c>UseDefaultFiles</c> and
    /// <c>UseStaticFiles</c>.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <param name="options">The settings; not to be changed afterwards.</param>
    /// <returns>The application.</returns>
    /// <exception cref="OptionsValidationException">Settings are out of range; each is named, with what it allows.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IApplicationBuilder UseDirectIoFiles(this IApplicationBuilder app, DirectIoFileOptions options)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(options);
        return app.Use(options, []);
    }

    private static IApplicationBuilder Use(this IApplicationBuilder app, DirectIoFileOptions options, IReadOnlyList<string> unreadable)
    {
        options.RequestPath = new PathString(options.RequestPath.Value?.TrimEnd('/'));
        IWebHostEnvironment environment = app.ApplicationServices.GetRequiredService<IWebHostEnvironment>();
        if (options.Root is { Length: > 0 }) // an empty one would be the content root, with the settings in it
        {
            options.Root = Path.Combine(environment.ContentRootPath, options.Root);
        }

        DirectIoFileOptionsValidator.Validate(options, unreadable);

        ILogger logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(FileLog.Category);
        string root = options.Root ?? (options.FileProvider as PhysicalFileProvider)?.Root ?? environment.WebRootPath ?? Path.Combine(environment.ContentRootPath, "wwwroot");
        root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (!Directory.Exists(root))
        {
            logger.NoRoot(root);
            return app;
        }
        if (!Platform.IsSupported)
        {
            logger.FrameworkFallback(Platform.Needed, Platform.Found);
            return app.UseFrameworkFiles(options, root);
        }

        IServiceProvider services = app.ApplicationServices;
        FileRuntime runtime = services.GetService<FileRuntime>() ?? FileRuntime.Shared(options, logger);
        bool alignedPipes = services.GetService<IMemoryPoolFactory<byte>>() is AlignedMemoryPoolFactory;
        FileServing serving = new FileServing(options, root, runtime, alignedPipes, services.GetService<TimeProvider>() ?? TimeProvider.System, logger);
        services.GetService<IHostApplicationLifetime>()?.ApplicationStopped.Register(serving.Dispose);

        DirectIoFilesStatus status = new DirectIoFilesStatus(serving, root);
        logger.Serving(root, status.RequestPath.Length == 0 ? "/" : status.RequestPath, status.Engine, status.DirectIoThreshold?.ToString() ?? "no");
        app.StatusList().Add(status);
        return app.Use(next => new DirectIoFilesMiddleware(next, serving, root).InvokeAsync);
    }

    /// <summary>What each <c>UseDirectIoFiles</c> of this application does, in their order. Empty off Linux.</summary>
    /// <param name="app">The application.</param>
    /// <returns>One status for each.</returns>
    public static IReadOnlyList<DirectIoFilesStatus> DirectIoFilesStatus(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return (IReadOnlyList<DirectIoFilesStatus>)app.StatusList();
    }

    private static List<DirectIoFilesStatus> StatusList(this IApplicationBuilder app)
    {
        if (app.Properties.TryGetValue(StatusKey, out object? known))
        {
            return (List<DirectIoFilesStatus>)known!;
        }

        List<DirectIoFilesStatus> list = new List<DirectIoFilesStatus>();
        app.Properties[StatusKey] = list;
        return list;
    }

    private static IApplicationBuilder UseFrameworkFiles(this IApplicationBuilder app, DirectIoFileOptions options, string root)
    {
        PhysicalFileProvider files = new PhysicalFileProvider(root, options.ServeDotFiles ? ExclusionFilters.None : ExclusionFilters.Sensitive);
        app.UseDefaultFiles(new DefaultFilesOptions
        {
            FileProvider = files,
            RequestPath = options.RequestPath,
            DefaultFileNames = options.DefaultFiles,
            RedirectToAppendTrailingSlash = options.RedirectToAppendTrailingSlash,
        });
        return app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            RequestPath = options.RequestPath,
            ContentTypeProvider = options.ContentTypeProvider,
            DefaultContentType = options.DefaultContentType,
            ServeUnknownFileTypes = options.ServeUnknownFileTypes,
            HttpsCompression = options.HttpsCompression,
            OnPrepareResponse = options.OnPrepareResponse ?? (static _ => { }),
            OnPrepareResponseAsync = options.OnPrepareResponseAsync ?? (static _ => Task.CompletedTask),
        });
    }
}
