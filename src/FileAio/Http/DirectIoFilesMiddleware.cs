using FileAio.Diagnostics;
using FileAio.Files;
using FileAio.Interop;
using FileAio.Sending;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Net.Http.Headers;

namespace FileAio.Http;

/// <summary>Finds the file that a request asks for, and has it sent; calls the next middleware where there is none.</summary>
internal sealed class DirectIoFilesMiddleware(RequestDelegate next, FileServing serving, string root)
{
    private readonly DirectIoFileOptions _options = serving.Options;
    private readonly ContentCoding[] _codings = [.. serving.Options.Precompressed.Select(name => ContentCoding.Find(name)!)];

    public Task InvokeAsync(HttpContext context)
    {
        // An endpoint that routing has chosen goes first, as it does before UseStaticFiles.
        if (context.GetEndpoint()?.RequestDelegate is not null || !context.Request.Path.StartsWithSegments(_options.RequestPath, StringComparison.Ordinal, out PathString path))
        {
            return next(context);
        }
        // Methods are case-sensitive (9.1): Kestrel takes "head" for a method of its own, and would have us send a body.
        bool reads = context.Request.Method is "GET" or "HEAD";
        if (!reads && !_options.Terminal)
        {
            return next(context);
        }

        if (!RequestFile.TryMap(path, _options.ServeDotFiles, out string? relative, out bool isDirectory))
        {
            return NotFound(context);
        }

        return ServeAsync(context, relative, isDirectory, reads);
    }

    private async Task ServeAsync(HttpContext context, string relative, bool isDirectory, bool reads)
    {
        Found found = isDirectory || relative.Length == 0 ? await FindDefaultAsync(relative, context) : await FindAsync(relative, context);
        bool slashMissing = !isDirectory && relative.Length == 0;
        if (found.IsDirectory)
        {
            // A directory's name without its slash: relative links in its document would lead astray.
            found = await FindDefaultAsync(relative, context);
            slashMissing = true;
        }
        if (found.Name is null)
        {
            await RefuseAsync(context, relative, found.Result);
            return;
        }
        try
        {
            string? contentType = ContentType(found.Name);
            if (contentType is null)
            {
                await NotFound(context);
            }
            else if (!reads)
            {
                context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                context.Response.Headers.Allow = "GET, HEAD";
            }
            else if (slashMissing && _options.RedirectToAppendTrailingSlash)
            {
                Redirect(context);
            }
            else
            {
                await SendAsync(context, found, contentType);
            }
        }
        finally
        {
            found.File?.Release();
        }
    }

    private async Task SendAsync(HttpContext context, Found found, string contentType)
    {
        (OpenedFile? File, ContentCoding? Coding) variant = await FindVariantAsync(context, found.Name!);
        try
        {
            if ((variant.File ?? found.File) is not { } file)
            {
                // There are variants, but none that this client takes; to another the answer would be another.
                context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
                await NotFound(context);
                return;
            }
            string path = Path.Join(root, found.Name + variant.Coding?.Extension);
            await FileResponse.WriteAsync(context, new Representation(file, path, variant.Coding, contentType, _options, serving.Time.GetUtcNow()), serving);
        }
        finally
        {
            variant.File?.Release();
        }
    }

    /// <summary>A file under its own name. Where there is none a precompressed variant of it may still be.</summary>
    private async ValueTask<Found> FindAsync(string relative, HttpContext context)
    {
        OpenResult opened = await serving.OpenAsync(relative, context);
        bool exists = opened.File is not null || (opened.Result.Errno == Errno.ENOENT && await HasVariantAsync(relative, context));
        return new Found(exists ? relative : null, opened.File, opened.IsDirectory, opened.Result);
    }

    private async ValueTask<Found> FindDefaultAsync(string directory, HttpContext context)
    {
        foreach (string name in _options.DefaultFiles)
        {
            string relative = directory.Length == 0 ? name : $"{directory}/{name}";
            OpenResult opened = await serving.OpenAsync(relative, context);
            if (opened.File is not null)
            {
                return new Found(relative, opened.File, false, opened.Result);
            }
            // Not there, or not a file (a directory, a FIFO, a socket): the next may be. Anything else is the answer, above all that there
            // is no descriptor left to look by.
            if (opened.Result.Errno is not (0 or Errno.ENOENT or Errno.ENXIO))
            {
                return new Found(null, null, false, opened.Result);
            }
        }
        return new Found(null, null, false, SysResult.Error(Errno.ENOENT));
    }

    /// <summary>The variant that the client wants most; between equals, the one named first in the options.</summary>
    private async ValueTask<(OpenedFile? File, ContentCoding? Coding)> FindVariantAsync(HttpContext context, string relative)
    {
        if (_codings.Length == 0)
        {
            return default;
        }

        IEnumerable<ContentCoding> codings = _codings;
        if (!_options.PrecompressedAlways)
        {
            Microsoft.Extensions.Primitives.StringValues accept = context.Request.Headers.AcceptEncoding;
            int least = Math.Max(1, ContentCoding.IdentityQuality(accept));
            codings = codings.Where(coding => coding.Quality(accept) >= least).OrderByDescending(coding => coding.Quality(accept));
        }
        foreach (ContentCoding coding in codings)
        {
            OpenResult opened = await serving.OpenAsync(relative + coding.Extension, context);
            if (opened.File is not null)
            {
                return (opened.File, coding);
            }
        }
        return default;
    }

    private async ValueTask<bool> HasVariantAsync(string relative, HttpContext context)
    {
        foreach (ContentCoding coding in _codings)
        {
            OpenResult opened = await serving.OpenAsync(relative + coding.Extension, context);
            opened.File?.Release();
            if (opened.File is not null)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Null for a file that is not to be served.</summary>
    private string? ContentType(string relative)
    {
        if (_options.ContentTypeProvider.TryGetContentType(relative, out string? known))
        {
            return known;
        }

        return _options.ServeUnknownFileTypes ? _options.DefaultContentType ?? "application/octet-stream" : null;
    }

    private static void Redirect(HttpContext context)
    {
        // Relative to the host: what the client calls us is its own affair. The path has no empty segment, so it cannot name another host.
        HttpRequest request = context.Request;
        context.Response.StatusCode = StatusCodes.Status301MovedPermanently;
        context.Response.Headers.Location = UriHelper.BuildRelative(Literal(request.PathBase), Literal(request.Path).Add("/"), request.QueryString);

        // A percent sign in a decoded path is one of the name, but would be written out as if it began an escape: "a%41" must become
        // "a%2541", not "aA".
        static PathString Literal(PathString path) => new(path.Value?.Replace("%", "%25"));
    }

    private Task RefuseAsync(HttpContext context, string relative, SysResult result)
    {
        switch (result.Errno)
        {
            case Errno.EACCES or Errno.EPERM:
            case Errno.ELOOP or Errno.EXDEV when _options.DisableSymlinks != SymlinkPolicy.Off:
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return Task.CompletedTask;
            case Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.EAGAIN:
                serving.Logger.OpenFailed(relative, result.Describe());
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return Task.CompletedTask;
            case Errno.EIO:
                serving.Logger.OpenFailed(relative, result.Describe());
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                return Task.CompletedTask;
            default:
                return NotFound(context);
        }
    }

    private Task NotFound(HttpContext context)
    {
        if (!_options.Terminal)
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    /// <param name="Name">The name that decides the type, relative to the root; null where nothing is there.</param>
    /// <param name="File">The file by that name; null where there are only variants of it.</param>
    /// <param name="IsDirectory">The name is a directory's.</param>
    /// <param name="Result">What the open came to.</param>
    private readonly record struct Found(string? Name, OpenedFile? File, bool IsDirectory, SysResult Result);
}
