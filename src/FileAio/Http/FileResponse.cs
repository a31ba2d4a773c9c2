using FileAio.Sending;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace FileAio.Http;

/// <summary>Answers one request with one representation: conditions, ranges, header fields, and the body by a <see cref="FileSender"/>.</summary>
internal static class FileResponse
{
    public static async Task WriteAsync(HttpContext context, Representation file, FileServing serving)
    {
        var options = serving.Options;
        var response = context.Response;
        var size = file.File.Size;
        var status = Preconditions.Evaluate(context.Request.Headers, file, options.IfModifiedSince);
        var ranges = status == StatusCodes.Status200OK ? Preconditions.Ranges(context.Request, file, options.MaxRanges) : null;
        MultipartByteRanges? multipart = null;
        if (ranges is not null)
            status = ranges.Count == 0 ? StatusCodes.Status416RangeNotSatisfiable : StatusCodes.Status206PartialContent;

        response.StatusCode = status;
        switch (status)
        {
            case StatusCodes.Status200OK:
                SetValidators(response, file, options);
                response.ContentType = file.ContentType;
                response.ContentLength = size;
                break;
            case StatusCodes.Status206PartialContent:
                SetValidators(response, file, options);
                if (ranges!.Count == 1)
                {
                    response.ContentType = file.ContentType;
                    response.Headers.ContentRange = ranges[0].ContentRange(size);
                    response.ContentLength = ranges[0].Length;
                }
                else
                {
                    multipart = new MultipartByteRanges(ranges, file.ContentType, size);
                    response.ContentType = multipart.ContentType;
                    response.ContentLength = multipart.Length;
                }
                break;
            case StatusCodes.Status304NotModified:
                SetValidators(response, file, options);
                break;
            case StatusCodes.Status416RangeNotSatisfiable:
                response.Headers.ContentRange = $"bytes */{size}";
                break;
        }
        if (options.Precompressed.Count > 0)
            response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);

        if (options.OnPrepareResponse is not null || options.OnPrepareResponseAsync is not null)
        {
            var prepared = new StaticFileResponseContext(context, new OpenedFileInfo(file.File, file.Path));
            options.OnPrepareResponse?.Invoke(prepared);
            if (options.OnPrepareResponseAsync is not null)
                await options.OnPrepareResponseAsync(prepared);
        }

        if (status is not (StatusCodes.Status200OK or StatusCodes.Status206PartialContent) || !HttpMethods.IsGet(context.Request.Method))
            return;
        if (context.Features.Get<IHttpsCompressionFeature>() is { } compression)
            compression.Mode = options.HttpsCompression;

        using var sender = new FileSender(context, file.File, serving);
        if (multipart is not null)
            await sender.SendAsync(ranges!, multipart);
        else
            await sender.SendAsync(ranges is null ? new ByteRange(0, size) : ranges[0]);
    }

    /// <summary>What a 304 carries as the 200 would (15.4.5), and the offer of ranges (14.3).</summary>
    private static void SetValidators(HttpResponse response, in Representation file, DirectIoFileOptions options)
    {
        response.Headers.LastModified = HeaderUtilities.FormatDate(file.LastModified);
        if (file.EntityTag is not null)
            response.Headers.ETag = file.EntityTag;
        if (response.StatusCode == StatusCodes.Status304NotModified)
            return;
        if (file.Coding is not null)
            response.Headers.ContentEncoding = file.Coding.Name;
        if (options.MaxRanges > 0)
            response.Headers.AcceptRanges = "bytes";
    }
}
