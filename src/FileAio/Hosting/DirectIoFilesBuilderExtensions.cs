using System.Diagnostics.Metrics;
using FileAio;
using FileAio.Buffers;
using FileAio.Composition;
using FileAio.Diagnostics;
using FileAio.Files;
using FileAio.Hosting;
using FileAio.Requests;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Provides extension methods that serve static files through kernel AIO and O_DIRECT.</summary>
public static class DirectIoFilesBuilderExtensions
{
    /// <summary>
    /// Serves the web root, or the folder of the configuration section <c>DirectIoFiles</c>. Replaces <c>UseDefaultFiles</c> and
    /// <c>UseStaticFiles</c>. Large files are read by kernel AIO, bypassing the page cache; small files are read through the page cache.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <returns>The application.</returns>
    /// <exception cref="OptionsValidationException">Options are invalid. The message names each, with its allowed values.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IApplicationBuilder UseDirectIoFiles(this IApplicationBuilder app) => app.UseDirectIoFiles(static _ => { });

    /// <summary>Serves the web root at a path, with the options of the configuration section <c>DirectIoFiles</c>.</summary>
    /// <param name="app">The application.</param>
    /// <param name="requestPath">The path, such as <c>/files</c>.</param>
    /// <returns>The application.</returns>
    /// <exception cref="ArgumentException">The path does not begin with a slash.</exception>
    /// <exception cref="OptionsValidationException">Options are invalid. The message names each, with its allowed values.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IApplicationBuilder UseDirectIoFiles(this IApplicationBuilder app, string requestPath) =>
        app.UseDirectIoFiles(options => options.RequestPath = requestPath);

    /// <summary>
    /// Serves files with the options of the configuration section <c>DirectIoFiles</c> and then of <paramref name="configure"/>.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <param name="configure">A delegate that changes the options. It is called last.</param>
    /// <returns>The application.</returns>
    /// <exception cref="OptionsValidationException">Options are invalid. The message names each, with its allowed values.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IApplicationBuilder UseDirectIoFiles(this IApplicationBuilder app, Action<DirectIoFileOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(configure);
        return app.UseNamed("", configure);
    }

    /// <summary>
    /// Serves a further folder by named options: <c>services.Configure&lt;DirectIoFileOptions&gt;(name, ...)</c> and the configuration
    /// section <c>DirectIoFiles:Mounts:{name}</c>. Options that are not set there come from the section <c>DirectIoFiles</c>, except <see
    /// cref="DirectIoFileOptions.Root"/> and <see cref="DirectIoFileOptions.RequestPath"/>. A root or a provider must be set.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <param name="name">The name, without colons; not empty.</param>
    /// <returns>The application.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="OptionsValidationException">Options are invalid. The message names each, with its allowed values.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IApplicationBuilder UseNamedDirectIoFiles(this IApplicationBuilder app, string name) =>
        app.UseNamedDirectIoFiles(name, static _ => { });

    /// <inheritdoc cref="UseNamedDirectIoFiles(IApplicationBuilder, string)"/>
    /// <param name="app">The application.</param>
    /// <param name="name">The name, without colons; not empty.</param>
    /// <param name="configure">A delegate that changes the options. It is called last.</param>
    public static IApplicationBuilder UseNamedDirectIoFiles(this IApplicationBuilder app, string name,
        Action<DirectIoFileOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        return app.UseNamed(name, configure);
    }

    /// <summary>
    /// Serves files with the given options only. On other systems than Linux it calls <c>UseDefaultFiles</c> and <c>UseStaticFiles</c>.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <param name="options">The options. Later changes have no effect.</param>
    /// <returns>The application.</returns>
    /// <exception cref="OptionsValidationException">Options are invalid. The message names each, with its allowed values.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static IApplicationBuilder UseDirectIoFiles(this IApplicationBuilder app, DirectIoFileOptions options)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(options);
        IWebHostEnvironment environment = app.ApplicationServices.GetRequiredService<IWebHostEnvironment>();
        List<string> failures = DirectIoFileOptionsValidator.Validate(options, DirectIoFileConfiguration.Section,
            environment.ContentRootPath);
        return failures.Count == 0
            ? app.Use(options, DirectIoFileConfiguration.Section, environment)
            : throw new OptionsValidationException(DirectIoFileConfiguration.Section, typeof(DirectIoFileOptions), failures);
    }

    private static IApplicationBuilder UseNamed(this IApplicationBuilder app, string name, Action<DirectIoFileOptions> configure)
    {
        IWebHostEnvironment environment = app.ApplicationServices.GetRequiredService<IWebHostEnvironment>();
        DirectIoFileOptions options = DirectIoFileOptionsFactory.Create(app.ApplicationServices, name, environment.ContentRootPath,
            configure);
        return app.Use(options, DirectIoFileOptionsFactory.SectionOf(name), environment);
    }

    private static IApplicationBuilder Use(this IApplicationBuilder app, DirectIoFileOptions options, string section,
        IWebHostEnvironment environment)
    {
        IServiceProvider services = app.ApplicationServices;
        options.RequestPath = new PathString(options.RequestPath.Value?.TrimEnd('/'));
        FileSource source = SourceOf(options, environment);
        if (source.Provider is not null && options.DisableSymlinks != SymlinkPolicy.Off)
        {
            throw new OptionsValidationException(section, typeof(DirectIoFileOptions),
                [$"{section}:{nameof(options.DisableSymlinks)} is {options.DisableSymlinks}; allowed: {SymlinkPolicy.Off} "
                    + $"where files come from {source.Provider.GetType().Name}, because the provider decides what it exposes. "
                    + "Set Root, or a PhysicalFileProvider, to have links checked."]);
        }

        ILogger logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(FileLog.Category);
        if ((services.GetService<FilePlatform>() ?? FilePlatform.Current).Unsupported is { } reason)
        {
            if (source.Provider is null && !Directory.Exists(source.Root))
            {
                logger.NoRoot(source.Root, options.RootCheckInterval);
                return app;
            }

            logger.FrameworkFiles(reason);
            return FrameworkFiles.Use(app, options, source.Provider, source.Root, section, reason);
        }

        FileMetrics.Attach(services.GetService<IMeterFactory>());
        FileRuntime runtime = services.GetService<FileRuntime>() ?? FileRuntime.Shared(options, logger);
        bool alignedPipes = services.GetService<IMemoryPoolFactory<byte>>() is AlignedMemoryPoolFactory;
        FileServing serving = new FileServing(options, source, runtime, alignedPipes,
            services.GetService<TimeProvider>() ?? TimeProvider.System, logger);
        services.GetService<IHostApplicationLifetime>()?.ApplicationStopped.Register(serving.Dispose);

        string served = source.Provider?.GetType().Name ?? source.Root;
        DirectIoFilesStatus status = new DirectIoFilesStatus(serving, served);
        logger.Serving(served, status.RequestPath.Length == 0 ? "/" : status.RequestPath, status.Engine,
            status.DirectIoThreshold is { } threshold ? $"{threshold} bytes" : "off");
        StatusRegistry.Add(services, status);
        return app.Use(next => new DirectIoFilesMiddleware(next, serving, source.Root).InvokeAsync);
    }

    /// <summary>
    /// Returns the folder that is configured, else that of the provider, else the web root. In Development the web root is often a provider
    /// that also contains the static web assets of libraries.
    /// </summary>
    private static FileSource SourceOf(DirectIoFileOptions options, IWebHostEnvironment environment)
    {
        if (options.Root is not null)
        {
            return Folder(Path.Combine(environment.ContentRootPath, options.Root), mustExist: true);
        }

        IFileProvider? provider = options.FileProvider
            ?? (environment.WebRootFileProvider is NullFileProvider ? null : environment.WebRootFileProvider);
        return provider switch
        {
            null => Folder(environment.WebRootPath ?? Path.Combine(environment.ContentRootPath, "wwwroot"), mustExist: false),
            PhysicalFileProvider physical => Folder(physical.Root, mustExist: options.FileProvider is not null),
            _ => new FileSource("", MustExist: false, provider),
        };

        static FileSource Folder(string path, bool mustExist) =>
            new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), mustExist, null);
    }

    /// <summary>
    /// Gets the status of each <c>UseDirectIoFiles</c> and <c>MapDirectIoFiles</c> of this application, in call order. Empty on other
    /// systems than Linux.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <returns>One status per call.</returns>
    public static IReadOnlyList<DirectIoFilesStatus> DirectIoFilesStatus(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return StatusRegistry.Of(app.ApplicationServices);
    }
}
