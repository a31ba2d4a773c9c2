using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Shared;

namespace FileAio.Hosting;

/// <summary>
/// Creates the options of one mount in the framework's order: defaults, configuration, <c>services.Configure</c>,
/// <c>services.PostConfigure</c>, the delegate of <c>UseDirectIoFiles</c>. Then it runs every validator, including that of this project.
/// </summary>
internal sealed class DirectIoFileOptionsFactory : OptionsFactory<DirectIoFileOptions>
{
    private readonly IConfiguration? _configuration;
    private readonly FromConfiguration _read;

    private DirectIoFileOptionsFactory(IServiceProvider services, Action<DirectIoFileOptions> configure, FromConfiguration read)
        : base(
            services.GetServices<IConfigureOptions<DirectIoFileOptions>>(),
            [.. services.GetServices<IPostConfigureOptions<DirectIoFileOptions>>(),
                new PostConfigureOptions<DirectIoFileOptions>(null, configure)],
            [read, .. services.GetServices<IValidateOptions<DirectIoFileOptions>>()])
    {
        (_configuration, _read) = (services.GetService<IConfiguration>(), read);
    }

    /// <exception cref="OptionsValidationException">A value is not allowed, or a key is unknown. The message names all of them.</exception>
    public static DirectIoFileOptions Create(IServiceProvider services, string name, string contentRoot,
        Action<DirectIoFileOptions> configure) =>
        new DirectIoFileOptionsFactory(services, configure,
            new FromConfiguration(contentRoot, services.GetService<IConfiguration>())).Create(name);

    /// <summary>Returns the configuration section of a mount.</summary>
    public static string SectionOf(string? name) => string.IsNullOrEmpty(name)
        ? DirectIoFileConfiguration.Section
        : $"{DirectIoFileConfiguration.Section}:{DirectIoFileConfiguration.Mounts}:{name}";

    /// <inheritdoc/>
    protected override DirectIoFileOptions CreateInstance(string name)
    {
        DirectIoFileOptions options = new DirectIoFileOptions();
        if (_configuration is not null)
        {
            _read.Failures = DirectIoFileConfiguration.BindMount(_configuration, name, options);
        }

        return options;
    }

    /// <summary>Reports values that configuration could not parse together with values that are out of range.</summary>
    private sealed class FromConfiguration(string contentRoot, IConfiguration? configuration) : IValidateOptions<DirectIoFileOptions>
    {
        public IReadOnlyList<string> Failures { get; set; } = [];

        public ValidateOptionsResult Validate(string? name, DirectIoFileOptions options)
        {
            List<string> failures = [.. Failures, .. DirectIoFileOptionsValidator.Validate(options, SectionOf(name), contentRoot)];
            if (!string.IsNullOrEmpty(name) && options.Root is null && options.FileProvider is null)
            {
                // Without a root, a misspelt name would serve the web root.
                IConfigurationSection? mounts = configuration?.GetSection(SectionOf(null)).GetSection(DirectIoFileConfiguration.Mounts);
                List<string> known = [.. (mounts?.GetChildren() ?? []).Select(mount => mount.Key)];
                failures.Add($"{SectionOf(name)}:Root is null; allowed for a named mount: a folder that exists, or a FileProvider."
                    + (known.Count == 0 || known.Contains(name, StringComparer.OrdinalIgnoreCase) ? ""
                        : $" The nearest mount in configuration is {ConfigurationKeys.Nearest(name, known)}."));
            }

            return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
        }
    }
}
