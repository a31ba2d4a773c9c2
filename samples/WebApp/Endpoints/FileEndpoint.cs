namespace WebApp.Endpoints;

/// <summary><c>GET /file/NAME</c>: a file of the folder <c>--files</c>, served by <c>Results.File</c>. Subfolders are not served.</summary>
internal static class FileEndpoint
{
    public static void MapFile(this WebApplication app)
    {
        if (app.Configuration["files"] is { Length: > 0 } folder)
        {
            folder = Path.GetFullPath(folder);
            app.MapGet("/file/{name}", (string name) => Serve(folder, name));
        }
    }

    private static IResult Serve(string folder, string name)
    {
        // The router does not match a slash, but "%2F" and ".." reach this method.
        string path = Path.Combine(folder, Path.GetFileName(name));
        return Path.GetFileName(name) == name && File.Exists(path) ? Results.File(path) : Results.NotFound();
    }
}
