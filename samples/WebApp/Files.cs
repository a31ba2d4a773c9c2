using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Options;

namespace WebApp;

/// <summary>
/// Serves a folder twice, for comparison: by <c>UseDirectIoFiles</c> at <c>--files-path</c>, and by <c>UseStaticFiles</c> at
/// <c>/static</c>. <c>--files DIR</c> is the folder. <c>--aio</c>, <c>--directio</c> and <c>--output-buffers</c> are short forms of options
/// of the section <c>DirectIoFiles</c>. Errors are added to a list, one line each, with the name on the command line.
/// </summary>
internal static class Files
{
    private const string DefaultPath = "/files", StaticPath = "/static", Section = "DirectIoFiles";

    /// <summary>The short switches and their options.</summary>
    private static readonly (string Switch, string Option)[] ShortForms =
        [("aio", "Aio"), ("directio", "DirectIoThreshold"), ("output-buffers", "OutputBuffers"), ("files", "Root"),
            ("files-path", "RequestPath")];

    /// <summary>
    /// Copies the short switches to the configuration. <c>--aligned-pool true</c> gives Kestrel aligned memory. Called before the host is
    /// built.
    /// </summary>
    public static void AddFiles(this WebApplicationBuilder builder, List<string> errors)
    {
        ConfigurationManager configuration = builder.Configuration;
        if (configuration["aligned-pool"] is { } text)
        {
            if (!bool.TryParse(text, out bool aligned))
            {
                errors.Add($"--aligned-pool is \"{text}\"; allowed: true, false.");
            }

            if (aligned)
            {
                builder.WebHost.UseAlignedMemoryPool();
            }
        }
        foreach ((string? name, string? option) in ShortForms)
        {
            if (configuration[name] is { } value)
            {
                configuration[$"{Section}:{option}"] = value;
            }
        }
        // Without a folder, no code would read or validate these options.
        if (configuration["files"] is not { Length: > 0 })
        {
            errors.AddRange(ShortForms.Where(form => configuration[form.Switch] is { Length: > 0 })
                .Select(form => $"--{form.Switch} is \"{configuration[form.Switch]}\"; allowed: only with --files DIR."));
        }
    }

    /// <summary>Serves the folder, if there is one.</summary>
    public static void UseFiles(this WebApplication app, List<string> errors)
    {
        if (app.Configuration["files"] is not { Length: > 0 } folder)
        {
            return;
        }

        folder = Path.GetFullPath(folder);
        bool everyType = app.Configuration[$"{Section}:ServeUnknownFileTypes"] is null;
        try
        {
            app.UseDirectIoFiles(options =>
            {
                options.Root = folder;
                if (app.Configuration[$"{Section}:RequestPath"] is null)
                {
                    options.RequestPath = DefaultPath;
                }
                // This folder is for experiments: all of its files are served.
                options.ServeUnknownFileTypes |= everyType;
            });
        }
        catch (OptionsValidationException wrong)
        {
            errors.AddRange(wrong.Failures.Select(failure => AsTyped(app.Configuration, failure)));
            return;
        }

        PhysicalFileProvider provider = new PhysicalFileProvider(folder);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = provider, RequestPath = StaticPath });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = provider, RequestPath = StaticPath, ServeUnknownFileTypes = true });
        app.Services.GetRequiredService<FilesReport>().Folders = app.DirectIoFilesStatus();
    }

    /// <summary>
    /// Replaces the option's name by the switch on the command line. <c>DirectIoFiles:DirectIoThreshold is …</c> becomes <c>--directio is
    /// …</c>, <c>DirectIoFiles:OutputBuffers:Count is …</c> becomes <c>--output-buffers …</c>.
    /// </summary>
    private static string AsTyped(IConfiguration configuration, string failure)
    {
        foreach ((string? name, string? option) in ShortForms)
        {
            string prefix = $"{Section}:{option}";
            if (configuration[name] is null || !failure.StartsWith(prefix, StringComparison.Ordinal))
            {
                continue;
            }

            string rest = failure[prefix.Length..];
            if (rest[0] == ' ')
            {
                return $"--{name}{rest}";
            }

            if (rest[0] == ':')
            {
                return $"--{name} {configuration[name]}: {rest[1..]}";
            }
        }
        return $"--{failure}";
    }
}
