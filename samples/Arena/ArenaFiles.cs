using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Arena;

/// <summary><c>/static</c>: the files of a folder, by <c>UseStaticFiles</c>.</summary>
internal static class ArenaFiles
{
    /// <summary>Serves a folder; does nothing when it does not exist.</summary>
    public static void UseArenaFiles(this IApplicationBuilder app, string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        FileExtensionContentTypeProvider types = new FileExtensionContentTypeProvider();
        types.Mappings[".js"] = "application/javascript";
        types.Mappings[".webp"] = "image/webp";
        types.Mappings[".woff2"] = "font/woff2";
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new PhysicalFileProvider(Path.GetFullPath(folder)),
            RequestPath = "/static",
            ContentTypeProvider = types,
        });
    }
}
