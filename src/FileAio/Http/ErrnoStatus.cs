using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FileAio.Http;

/// <summary>
/// Maps error numbers of opens, statx and reads to status codes. Because caches keep a 404, only errors that mean "no such file" map to it.
/// Unlisted errors map to 500.
/// </summary>
internal static class ErrnoStatus
{
    // Resource exhaustion is short or permanent. A client that retries at once would only add to it.
    private const string RetryAfterSeconds = "1";

    /// <summary>Returns whether there is no such file, and the next middleware is called.</summary>
    public static bool IsNotFound(int errno, SymlinkPolicy policy) => Of(errno, policy) == StatusCodes.Status404NotFound;

    public static int Of(int errno, SymlinkPolicy policy) => errno switch
    {
        // ENXIO: a socket, or a device without a driver.
        Errno.ENOENT or Errno.ENOTDIR or Errno.ENAMETOOLONG or Errno.ENXIO => StatusCodes.Status404NotFound,

        // A link that the policy does not follow, or that leads out of the folder. If all links are followed: a link to itself.
        Errno.ELOOP or Errno.EXDEV => policy == SymlinkPolicy.Off ? StatusCodes.Status404NotFound : StatusCodes.Status403Forbidden,
        Errno.EACCES or Errno.EPERM => StatusCodes.Status403Forbidden,

        // EAGAIN: a full queue, or a file under the lease of another process. ETIMEDOUT: the server of a network filesystem.
        Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.ENOBUFS or Errno.EAGAIN or Errno.ETIMEDOUT =>
            StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Sets the status. Transient errors must not be cached, whatever earlier middleware has set.</summary>
    public static void Write(HttpResponse response, int status)
    {
        response.StatusCode = status;
        if (status >= StatusCodes.Status500InternalServerError)
        {
            response.Headers.CacheControl = CacheControlHeaderValue.NoStoreString;
        }

        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = RetryAfterSeconds;
        }
    }
}
