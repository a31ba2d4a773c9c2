using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace FileAio.Hosting;

/// <summary>Serves files by the framework's own middleware on systems that are not supported.</summary>
internal static class FrameworkFiles
{
    /// <exception cref="OptionsValidationException">
    /// An option that protects files is not supported by the framework's middleware.
    /// </exception>
    public static IApplicationBuilder Use(IApplicationBuilder app, DirectIoFileOptions options, IFileProvider? provider, string root,
        string section, string reason)
    {
        if (options.DisableSymlinks != SymlinkPolicy.Off)
        {
            throw new OptionsValidationException(section, typeof(DirectIoFileOptions),
                [$"{section}:{nameof(options.DisableSymlinks)} is {options.DisableSymlinks}; "
                    + $"allowed: {SymlinkPolicy.Off} where {reason}, because UseStaticFiles follows all links."]);
        }

        provider = provider is null
            ? new PhysicalFileProvider(root, options.ServeDotFiles ? ExclusionFilters.None : ExclusionFilters.Sensitive)
            : options.ServeDotFiles ? provider : new WithoutDotFiles(provider);
        app.UseDefaultFiles(new DefaultFilesOptions
        {
            FileProvider = provider,
            RequestPath = options.RequestPath,
            DefaultFileNames = options.DefaultFiles,
            RedirectToAppendTrailingSlash = options.RedirectToAppendTrailingSlash,
        });
        return app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = provider,
            RequestPath = options.RequestPath,
            ContentTypeProvider = options.ContentTypeProvider,
            DefaultContentType = options.DefaultContentType,
            ServeUnknownFileTypes = options.ServeUnknownFileTypes,
            HttpsCompression = options.HttpsCompression,
            OnPrepareResponse = options.OnPrepareResponse ?? (static _ => { }),
            OnPrepareResponseAsync = options.OnPrepareResponseAsync ?? (static _ => Task.CompletedTask),
        });
    }

    /// <summary>Hides names that begin with a dot, as PhysicalFileProvider does.</summary>
    private sealed class WithoutDotFiles(IFileProvider provider) : IFileProvider
    {
        public IDirectoryContents GetDirectoryContents(string subpath) =>
            IsHidden(subpath) ? NotFoundDirectoryContents.Singleton : provider.GetDirectoryContents(subpath);

        public IFileInfo GetFileInfo(string subpath) => IsHidden(subpath) ? new NotFoundFileInfo(subpath) : provider.GetFileInfo(subpath);

        public IChangeToken Watch(string filter) => provider.Watch(filter);

        private static bool IsHidden(string subpath) => subpath.Split('/').Any(static name => name.StartsWith('.'));
    }
}
