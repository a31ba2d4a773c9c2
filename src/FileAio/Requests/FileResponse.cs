using FileAio.Composition;
using FileAio.Http;
using FileAio.Sending;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace FileAio.Requests;

/// <summary>
/// Sends one representation as the response to one request: conditions, ranges, header fields, and the body by a <see cref="FileSender"/>.
/// </summary>
internal static class FileResponse
{
    public static async Task WriteAsync(HttpContext context, Representation file, FileServing serving, string? digest)
    {
        DirectIoFileOptions options = serving.Options;
        HttpResponse response = context.Response;
        long size = file.Size;
        // If a status is already set, the file is an error page (UseStatusCodePagesWithReExecute). The status is kept, and conditions and
        // ranges, which apply to a 200, are ignored (13.2.1, 14.2).
        bool isErrorPage = response.StatusCode != StatusCodes.Status200OK;
        int status = isErrorPage ? response.StatusCode : Preconditions.Evaluate(context.Request.Headers, file, options.IfModifiedSince);
        List<ByteRange>? ranges = status == StatusCodes.Status200OK ? Preconditions.Ranges(context.Request, file, options.MaxRanges) : null;
        if (ranges is not null)
        {
            status = ranges.Count == 0 ? StatusCodes.Status416RangeNotSatisfiable : StatusCodes.Status206PartialContent;
        }

        MultipartByteRanges? multipart = ranges?.Count > 1 ? new MultipartByteRanges(ranges, file.ContentType, size) : null;

        response.StatusCode = status;
        bool hasContent = isErrorPage || status is StatusCodes.Status200OK or StatusCodes.Status206PartialContent;
        if (hasContent)
        {
            response.ContentType = multipart?.ContentType ?? file.ContentType;
            response.ContentLength = multipart?.Length ?? (ranges is null ? size : ranges[0].Length);
            if (file.Coding is not null)
            {
                response.Headers.ContentEncoding = file.Coding.Name;
            }
        }
        if (ranges is { Count: 0 or 1 }) // with more, each part has its own (15.3.7.2)
        {
            response.Headers.ContentRange = ranges.Count == 0 ? $"bytes */{size}" : ranges[0].ContentRange(size);
        }

        if (!isErrorPage && hasContent && options.MaxRanges > 0)
        {
            response.Headers.AcceptRanges = "bytes";
        }

        if (!isErrorPage && (hasContent || status == StatusCodes.Status304NotModified))
        {
            SetValidators(response, file);
        }

        if (!isErrorPage && hasContent && digest is not null)
        {
            ReprDigest.Set(response, digest);
        }

        if (options.Precompressed.Count > 0)
        {
            response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        }

        if (options.OnPrepareResponse is not null || options.OnPrepareResponseAsync is not null)
        {
            StaticFileResponseContext prepared = new StaticFileResponseContext(
                context, file.Provided ?? new OpenedFileInfo(file.File!, file.Path));
            options.OnPrepareResponse?.Invoke(prepared);
            if (options.OnPrepareResponseAsync is not null)
            {
                await options.OnPrepareResponseAsync(prepared);
            }
        }

        if (!hasContent || !HttpMethods.IsGet(context.Request.Method))
        {
            return;
        }

        // Looked up only over https, where alone compression asks for it: Kestrel finds a feature that it does not know slowly.
        if (context.Request.IsHttps && context.Features.Get<IHttpsCompressionFeature>() is { } compression)
        {
            compression.Mode = options.HttpsCompression;
        }

        if (file.Provided is not null)
        {
            await new ProvidedBody(context, file.Provided, serving).SendAsync(ranges ?? [new ByteRange(0, size)], multipart);
            return;
        }

        using FileSender sender = new FileSender(context, file.File!, serving);
        if (multipart is not null)
        {
            await sender.SendAsync(ranges!, multipart);
        }
        else
        {
            await sender.SendAsync(ranges is null ? new ByteRange(0, size) : ranges[0]);
        }
    }

    private static void SetValidators(HttpResponse response, in Representation file)
    {
        response.Headers.LastModified = file.LastModifiedText;
        if (!file.IsStrong)
        {
            // Kestrel's value may be a second old, and so earlier than the Last-Modified (8.8.2.1)
            response.Headers.Date = HeaderUtilities.FormatDate(file.Now);
        }

        if (file.EntityTag is not null)
        {
            response.Headers.ETag = file.EntityTag;
        }
    }
}
