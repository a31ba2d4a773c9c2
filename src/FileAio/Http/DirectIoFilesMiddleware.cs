using FileAio.Diagnostics;
using FileAio.Files;
using FileAio.Sending;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Logging;
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
        if (found.Opened.IsDirectory)
        {
            // A directory's name without its slash: relative links in its document would lead astray.
            found = await FindDefaultAsync(relative, context);
            slashMissing = true;
        }
        if (found.Name is null)
        {
            await RefuseAsync(context, relative, found.Opened.Result);
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
            found.Opened.File?.Release();
        }
    }

    private async Task SendAsync(HttpContext context, Found found, string contentType)
    {
        (OpenResult Opened, ContentCoding? Coding) variant = await FindVariantAsync(context, found.Name!);
        try
        {
            OpenResult opened = variant.Opened.IsFile ? variant.Opened : found.Opened;
            if (!opened.IsFile)
            {
                // There are variants, but none that this client takes, or that can be opened; to another the answer would be another.
                context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
                await RefuseAsync(context, found.Name!, variant.Opened.Result);
                return;
            }

            Representation file = new Representation(opened, PathOf(opened, found.Name + variant.Coding?.Extension), variant.Coding, contentType, _options, serving.Time.GetUtcNow());
            await FileResponse.WriteAsync(context, file, serving);
        }
        finally
        {
            variant.Opened.File?.Release();
        }
    }

    /// <summary>Where the request found it, below the root; where a provider decides, the place that it named.</summary>
    private string PathOf(OpenResult opened, string name) => root.Length > 0 ? Path.Join(root, name) : opened.File?.Path ?? name;

    /// <summary>A file under its own name. Where there is none a precompressed variant of it may still be.</summary>
    private async ValueTask<Found> FindAsync(string relative, HttpContext context)
    {
        OpenResult opened = await serving.OpenAsync(relative, context);
        if (opened.Result.Errno == Errno.ENOENT && _codings.Length > 0)
        {
            SysResult variant = await FindAnyVariantAsync(relative, context);
            return new Found(variant.IsError ? null : relative, opened with { Result = variant });
        }

        return new Found(opened.IsFile ? relative : null, opened);
    }

    private async ValueTask<Found> FindDefaultAsync(string directory, HttpContext context)
    {
        foreach (string name in _options.DefaultFiles)
        {
            string relative = directory.Length == 0 ? name : $"{directory}/{name}";
            OpenResult opened = await serving.OpenAsync(relative, context);
            if (opened.IsFile)
            {
                return new Found(relative, opened);
            }
            // Not there, or not a file (a directory, a FIFO, a socket): the next may be. Anything else is the answer, above all that there
            // is no descriptor left to look by.
            if (IsFailure(opened))
            {
                return new Found(null, opened);
            }
        }
        return new Found(null, new OpenResult(SysResult.Error(Errno.ENOENT), null, false));
    }

    /// <summary>
    /// The variant that the client wants most; between equals, the one named first in the options. Where there is none, the error says why:
    /// one that is no "not found" counts only if there is no plain file to send instead.
    /// </summary>
    private async ValueTask<(OpenResult Opened, ContentCoding? Coding)> FindVariantAsync(HttpContext context, string relative)
    {
        OpenResult none = new OpenResult(SysResult.Error(Errno.ENOENT), null, false);
        if (_codings.Length == 0)
        {
            return (none, null);
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
            if (opened.IsFile)
            {
                return (opened, coding);
            }

            none = IsFailure(opened) ? opened : none;
        }
        return (none, null);
    }

    /// <summary>A success where there is a variant; else why there is none.</summary>
    private async ValueTask<SysResult> FindAnyVariantAsync(string relative, HttpContext context)
    {
        SysResult none = SysResult.Error(Errno.ENOENT);
        foreach (ContentCoding coding in _codings)
        {
            OpenResult opened = await serving.OpenAsync(relative + coding.Extension, context);
            opened.File?.Release();
            if (opened.IsFile)
            {
                return default;
            }

            none = IsFailure(opened) ? opened.Result : none;
        }
        return none;
    }

    private bool IsFailure(OpenResult opened) => opened.Result.IsError && !ErrnoStatus.IsNotFound(opened.Result.Errno, _options.DisableSymlinks);

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
        // A success is a FIFO or a device: no file.
        int status = result.IsError ? ErrnoStatus.Of(result.Errno, _options.DisableSymlinks) : StatusCodes.Status404NotFound;
        if (status == StatusCodes.Status404NotFound)
        {
            return NotFound(context);
        }

        ErrnoStatus.Write(context.Response, status);
        if (status >= StatusCodes.Status500InternalServerError && serving.Throttle.Allows(FileLog.OpenFailedId, result.Errno, out long suppressed))
        {
            LogLevel level = status == StatusCodes.Status503ServiceUnavailable ? LogLevel.Warning : LogLevel.Error;
            string reason = result.Describe();
            serving.Logger.OpenFailed(level, relative, reason, status, suppressed);
        }

        return Task.CompletedTask;
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
    /// <param name="Opened">What the open came to: no file where there are only variants of it.</param>
    private readonly record struct Found(string? Name, OpenResult Opened);
}
