using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FileAio.Hosting;

/// <summary>
/// Runs the file middleware for an endpoint. Meanwhile the path before the catch-all parameter belongs to the path base, as in <c>Map</c>.
/// The endpoint is unset, because the middleware skips requests that have one.
/// </summary>
/// <param name="files">The file middleware.</param>
/// <param name="parameter">The name of the catch-all parameter.</param>
/// <param name="fallback">The path of the file for paths without one; empty for none.</param>
internal sealed class FileEndpoint(RequestDelegate files, string parameter, PathString fallback)
{
    private static readonly object MissedKey = new();

    /// <summary>The end of the pipeline if there is a fallback file: no file has the path.</summary>
    public static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Items[MissedKey] = MissedKey;
        return Task.CompletedTask;
    }

    public async Task InvokeAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        Endpoint? endpoint = context.GetEndpoint();
        PathString pathBase = request.PathBase;
        PathString path = request.Path;
        string whole = path.Value ?? "";
        string below = context.GetRouteValue(parameter) as string ?? "";

        // The route value is the end of the path, without the slash before it. Routing drops a slash at the end of an empty value.
        int split = below.Length > 0 && whole.EndsWith(below, StringComparison.Ordinal) ? whole.Length - below.Length - 1
            : whole.TrimEnd('/').Length;
        request.PathBase = pathBase.Add(new PathString(whole[..split]));
        request.Path = new PathString(whole[split..]);
        context.SetEndpoint(null);
        try
        {
            await files(context);
            if (fallback.HasValue && context.Items.Remove(MissedKey) && !HasDot(below))
            {
                request.Path = fallback;
                context.Response.StatusCode = StatusCodes.Status200OK;
                await files(context);
                context.Items.Remove(MissedKey);
            }
        }
        finally
        {
            (request.PathBase, request.Path) = (pathBase, path);
            context.SetEndpoint(endpoint);
        }
    }

    /// <summary>
    /// Whether the last segment contains a dot: a page asks for a file, and another file in its place would hide the error.
    /// </summary>
    private static bool HasDot(string path) => path.AsSpan(path.LastIndexOf('/') + 1).Contains('.');
}
