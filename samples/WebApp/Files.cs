using FileAio;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Options;

namespace WebApp;

/// <summary>A folder served twice: by <c>UseDirectIoFiles</c> at <c>--files-path</c>, and by the framework's <c>UseStaticFiles</c> at <c>/static</c>, to compare.
/// <c>--files DIR</c> names it; <c>--aio</c>, <c>--directio</c> and <c>--output-buffers</c> are short for the options of the section <c>DirectIoFiles</c>.</summary>
internal static class Files
{
    private const string DefaultPath = "/files", StaticPath = "/static";

    /// <summary>Short switches, and the options they stand for.</summary>
    private static readonly (string Switch, string Option)[] ShortForms =
        [("aio", "Aio"), ("directio", "DirectIoThreshold"), ("output-buffers", "OutputBuffers")];

    /// <summary>Before the host is built: the short switches become configuration, and <c>--aligned-pool true</c> gives Kestrel memory that reads can land in.</summary>
    public static void AddFiles(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        foreach (var (name, option) in ShortForms)
        {
            if (configuration[name] is { } value)
                configuration[$"DirectIoFiles:{option}"] = value;
        }
        if (configuration.GetValue<bool>("aligned-pool"))
            builder.WebHost.UseAlignedMemoryPool();
    }

    /// <summary>Serves the folder, if there is one. Throws <see cref="OptionsValidationException"/> where an option is out of range.</summary>
    public static void UseFiles(this WebApplication app)
    {
        if (app.Configuration["files"] is not { Length: > 0 } folder)
            return;
        folder = Path.GetFullPath(folder);
        var everyType = app.Configuration["DirectIoFiles:ServeUnknownFileTypes"] is null;
        app.UseDirectIoFiles(options =>
        {
            options.Root = folder;
            options.RequestPath = (app.Configuration["files-path"] ?? DefaultPath).TrimEnd('/');
            // A folder to try things in: whatever lies there is meant to be served.
            options.ServeUnknownFileTypes |= everyType;
        });

        var provider = new PhysicalFileProvider(folder);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = provider, RequestPath = StaticPath });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = provider, RequestPath = StaticPath, ServeUnknownFileTypes = true });
        app.Services.GetRequiredService<FilesReport>().Folders = app.DirectIoFilesStatus();
    }
}
