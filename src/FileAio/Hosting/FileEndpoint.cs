using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FileAio.Hosting;

/// <summary>
/// Runs the file middleware for an endpoint. Meanwhile the path before the catch-all parameter belongs to the path base, as in <c>Map</c>.
/// The endpoint is unset, because the middleware skips requests that have one.
/// </summary>
internal sealed class FileEndpoint(RequestDelegate files, string parameter)
{
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
        }
        finally
        {
            (request.PathBase, request.Path) = (pathBase, path);
            context.SetEndpoint(endpoint);
        }
    }
}
