using FileAio.Composition;
using FileAio.Diagnostics;
using FileAio.Files;
using FileAio.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace FileAio.Requests;

/// <summary>Finds the file of a request and sends it. Calls the next middleware if there is none.</summary>
internal sealed class DirectIoFilesMiddleware(RequestDelegate next, FileServing serving, string root)
{
    private readonly DirectIoFileOptions _options = serving.Options;
    private readonly ContentCoding[] _codings = [.. serving.Options.Precompressed.Select(name => ContentCoding.Find(name)!)];

    public Task InvokeAsync(HttpContext context)
    {
        // An endpoint that routing has chosen takes precedence, as with UseStaticFiles.
        if (context.GetEndpoint()?.RequestDelegate is not null
            || !context.Request.Path.StartsWithSegments(_options.RequestPath, StringComparison.Ordinal, out PathString path))
        {
            return next(context);
        }
        // Methods are case-sensitive (9.1). Kestrel treats "head" as a custom method, and a body would be sent.
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
            // The path of a directory without its slash: relative links in the document would be wrong.
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
                // Variants exist, but none is acceptable to this client or can be opened. Another client may get another response.
                context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
                await RefuseAsync(context, found.Name!, variant.Opened.Result);
                return;
            }

            bool isPathUsed = _options.OnPrepareResponse is not null || _options.OnPrepareResponseAsync is not null;
            string path = isPathUsed ? PathOf(opened, found.Name + variant.Coding?.Extension) : "";
            Representation file = new Representation(opened, path, variant.Coding, contentType, _options, serving.Time.GetUtcNow());
            string? digest = _options.ReprDigest == ReprDigestSource.Off || file.File is null ? null
                : await ReprDigest.FindAsync(serving, context, file.File, found.Name + variant.Coding?.Extension);
            await FileResponse.WriteAsync(context, file, serving, digest);
        }
        finally
        {
            variant.Opened.File?.Release();
        }
    }

    /// <summary>The path below the root; for a provider, the physical path.</summary>
    private string PathOf(OpenResult opened, string name) => root.Length > 0 ? Path.Join(root, name) : opened.File?.Path ?? name;

    /// <summary>Opens a file under its own name. If it does not exist, a precompressed variant may still exist.</summary>
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
            // The file does not exist, or is not a regular file (a directory, a FIFO, a socket): the next name is tried. Any other result
            // is final, above all that the descriptor limit is reached.
            if (IsFailure(opened))
            {
                return new Found(null, opened);
            }
        }
        return new Found(null, new OpenResult(SysResult.Error(Errno.ENOENT), null, false));
    }

    /// <summary>
    /// Opens the variant with the highest q-value; between equals, the first in the options. If there is none, the error is that of the
    /// variants. An error other than "not found" counts only if there is no plain file to send instead.
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

    /// <summary>A success if there is a variant; otherwise its error.</summary>
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

    private bool IsFailure(OpenResult opened) =>
        opened.Result.IsError && !ErrnoStatus.IsNotFound(opened.Result.Errno, _options.DisableSymlinks);

    /// <summary>Null for a file that must not be served.</summary>
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
        // Relative to the host, because a proxy may use another host name. The path has no empty segment, so it cannot name another host.
        HttpRequest request = context.Request;
        context.Response.StatusCode = StatusCodes.Status301MovedPermanently;
        context.Response.Headers.Location = UriHelper.BuildRelative(Literal(request.PathBase), Literal(request.Path).Add("/"),
            request.QueryString);

        // A percent sign in a decoded path is part of the name, but would be written as the start of an escape. "a%41" must become
        // "a%2541", not "aA".
        static PathString Literal(PathString path) => new(path.Value?.Replace("%", "%25"));
    }

    private Task RefuseAsync(HttpContext context, string relative, SysResult result)
    {
        // A success without a file is a FIFO or a device.
        int status = result.IsError ? ErrnoStatus.Of(result.Errno, _options.DisableSymlinks) : StatusCodes.Status404NotFound;
        if (status == StatusCodes.Status404NotFound)
        {
            return NotFound(context);
        }

        ErrnoStatus.Write(context.Response, status);
        if (status >= StatusCodes.Status500InternalServerError
            && serving.Throttle.Allows(FileLog.OpenFailedId, result.Errno, out long suppressed))
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

    /// <param name="Name">The name that determines the content type, relative to the root; null if there is no file.</param>
    /// <param name="Opened">The result of the open. It has no file if only variants exist.</param>
    private readonly record struct Found(string? Name, OpenResult Opened);
}
