using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FileAio.Http;

/// <summary>
/// Which status an error number of the kernel becomes, for opens, statx and reads alike. The table is closed: only what says that there is no
/// such file is "not found", since caches keep a 404; what is not listed is a 500.
/// </summary>
internal static class ErrnoStatus
{
    // Exhaustion passes within moments or not at all; a client that comes back at once would only add to it.
    private const string RetryAfterSeconds = "1";

    /// <summary>There is no such file, and the next middleware is called.</summary>
    public static bool IsNotFound(int errno, SymlinkPolicy policy) => Of(errno, policy) == StatusCodes.Status404NotFound;

    public static int Of(int errno, SymlinkPolicy policy) => errno switch
    {
        // ENXIO: a socket, or a device without a driver.
        Errno.ENOENT or Errno.ENOTDIR or Errno.ENAMETOOLONG or Errno.ENXIO => StatusCodes.Status404NotFound,

        // A link that the policy does not follow, or that leads out of the folder. With all links followed: one that leads to itself.
        Errno.ELOOP or Errno.EXDEV => policy == SymlinkPolicy.Off ? StatusCodes.Status404NotFound : StatusCodes.Status403Forbidden,
        Errno.EACCES or Errno.EPERM => StatusCodes.Status403Forbidden,

        // EAGAIN: a queue that is full, or a file under another's lease. ETIMEDOUT: a network filesystem's server.
        Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.ENOBUFS or Errno.EAGAIN or Errno.ETIMEDOUT => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>
    /// Sets the status. What may be different the next time is not to be stored, whatever a middleware before has said of caching.
    /// </summary>
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
