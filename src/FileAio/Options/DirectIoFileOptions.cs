using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace FileAio;

/// <summary>
/// Represents the options of <c>UseDirectIoFiles</c>. Options have the names of <c>UseStaticFiles</c> or, where it has none, of nginx.
/// Options that are neither delegates nor objects bind from the configuration section <c>DirectIoFiles</c>.
/// <c>services.Configure&lt;DirectIoFileOptions&gt;</c> applies afterwards. Values out of range and unknown keys fail at start-up. The
/// options are read once; later changes have no effect.
/// </summary>
public sealed class DirectIoFileOptions
{
    /// <summary>
    /// Gets or sets the folder to serve, absolute or relative to the content root. Default: null, which is the folder of <see
    /// cref="FileProvider"/>, or else the web root. Allowed values: null, or a folder that exists. If the web root does not exist, a
    /// warning is logged, and no files are served until it exists.
    /// </summary>
    public string? Root { get; set; }

    /// <summary>
    /// Gets or sets the minimum time between two checks of the root's path. A check detects that the path leads to another folder: a
    /// symbolic link was swapped, or the folder was replaced or deleted. The first request after the interval makes the check. Default: 1
    /// s. Allowed values: 0 (every request) to 1 hour. Not used with a provider other than <see cref="PhysicalFileProvider"/>, which is
    /// called for each request.
    /// </summary>
    public TimeSpan RootCheckInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets or sets the provider of the files to serve if <see cref="Root"/> is null. The root of a <see cref="PhysicalFileProvider"/> is
    /// served as a folder. Any other provider is called for each name. A file with an <see cref="IFileInfo.PhysicalPath"/> is opened at
    /// that path; of other files, the provider's stream is sent. Such a provider decides which files are exposed, so <see
    /// cref="DisableSymlinks"/> must be off. Default: null, which is the provider of the web root.
    /// </summary>
    public IFileProvider? FileProvider { get; set; }

    /// <summary>
    /// Gets or sets the request path that the folder is served at, such as <c>/files</c>. Default: empty, which is the application's root.
    /// </summary>
    public PathString RequestPath { get; set; }

    /// <summary>Gets or sets the route pattern of an endpoint, for status pages and the log; null for middleware.</summary>
    internal string? Pattern { get; set; }

    /// <summary>
    /// Gets or sets the provider that maps file names to content types. Default: <see cref="FileExtensionContentTypeProvider"/>.
    /// </summary>
    public IContentTypeProvider ContentTypeProvider { get; set; } = new FileExtensionContentTypeProvider();

    /// <summary>
    /// Gets or sets the content type of files that <see cref="ContentTypeProvider"/> does not know, if they are served. Default: null,
    /// which is <c>application/octet-stream</c>. nginx: <c>default_type</c>.
    /// </summary>
    public string? DefaultContentType { get; set; }

    /// <summary>
    /// Gets or sets whether files of unknown content type are served. Default: false, as in <c>UseStaticFiles</c>, because files that are
    /// not meant to be served often have an unknown type.
    /// </summary>
    public bool ServeUnknownFileTypes { get; set; }

    /// <summary>
    /// Gets or sets the names of default documents, in the order in which a directory is searched for them. Default: the four names of
    /// <c>UseDefaultFiles</c>. An empty list disables default documents. nginx: <c>index</c>.
    /// </summary>
    public IList<string> DefaultFiles { get; set; } = ["default.htm", "default.html", "index.htm", "index.html"];

    /// <summary>
    /// Gets or sets whether <c>/dir</c> is redirected to <c>/dir/</c> if that has a default document. If false, the document is also served
    /// at <c>/dir</c>, as by <c>UseDefaultFiles</c>. Default: true.
    /// </summary>
    public bool RedirectToAppendTrailingSlash { get; set; } = true;

    /// <summary>
    /// Gets or sets whether files and directories are served whose name begins with a dot. Default: false. <c>UseStaticFiles</c> hides
    /// such files, but serves what is in such directories.
    /// </summary>
    public bool ServeDotFiles { get; set; }

    /// <summary>
    /// Gets or sets which symbolic links below the root are followed. The path to the root itself is never checked. Default: <see
    /// cref="SymlinkPolicy.Off"/>, which follows all links. nginx: <c>disable_symlinks</c>.
    /// </summary>
    public SymlinkPolicy DisableSymlinks { get; set; }

    /// <summary>
    /// Gets or sets the leading part of a path that <see cref="DisableSymlinks"/> does not check, relative to the root, such as
    /// <c>releases/current</c>. For a file below this part, the rest of the path is checked. With <see cref="SymlinkPolicy.Beneath"/>, the
    /// rest must stay in the folder that the part leads to. A path that does not begin with the part, in whole components, is checked from
    /// the root on. A path equal to the part is not checked. Default: null, which checks the whole path below the root, as
    /// <c>from=$document_root</c> does. nginx: <c>disable_symlinks from=</c>, which takes an absolute path.
    /// </summary>
    public string? DisableSymlinksFrom { get; set; }

    /// <summary>
    /// Gets or sets whether response compression may be used over HTTPS. Default: <see cref="HttpsCompressionMode.Compress"/>, as in
    /// <c>UseStaticFiles</c>.
    /// </summary>
    public HttpsCompressionMode HttpsCompression { get; set; } = HttpsCompressionMode.Compress;

    /// <summary>
    /// Gets or sets a delegate that is called after the status and header fields are set and before the response is sent. Default: null.
    /// </summary>
    public Action<StaticFileResponseContext>? OnPrepareResponse { get; set; }

    /// <summary>Gets or sets an asynchronous delegate that is called after <see cref="OnPrepareResponse"/>. Default: null.</summary>
    public Func<StaticFileResponseContext, Task>? OnPrepareResponseAsync { get; set; }

    /// <summary>
    /// Gets or sets whether the middleware answers with 404, or with 405 and <c>Allow</c> (RFC 9110, 15.5.6), instead of calling the next
    /// middleware. Default: false.
    /// </summary>
    public bool Terminal { get; set; }

    /// <summary>
    /// Gets or sets whether <c>ETag</c> is sent. The tag consists of modification time and size. It is weak (<c>W/</c>; RFC 9110, 8.8.1)
    /// for a file changed within the last two seconds. Default: true. nginx: <c>etag</c>.
    /// </summary>
    public bool ETag { get; set; } = true;

    /// <summary>
    /// Gets or sets the precision of the modification time in entity tags. Default: <see cref="ETagPrecision.Nanoseconds"/>. nginx's tags
    /// have <see cref="ETagPrecision.Seconds"/>.
    /// </summary>
    public ETagPrecision ETagPrecision { get; set; }

    /// <summary>
    /// Gets or sets where the digest in <c>Repr-Digest</c> (RFC 9530) comes from. A client checks with it a file that it has received,
    /// also in parts. Responses 200 and 206, and to HEAD, have the field. Its algorithm is <c>sha-256</c>. If a precompressed file is sent,
    /// it is the digest of that file. Default: <see cref="ReprDigestSource.Off"/>. Allowed values: off, sidecar, xattr. nginx has no such
    /// option.
    /// </summary>
    public ReprDigestSource ReprDigest { get; set; }

    /// <summary>
    /// Gets or sets when <c>If-Modified-Since</c> (RFC 9110, 13.1.3) results in 304. Default: <see cref="IfModifiedSinceMode.Before"/>.
    /// nginx: <c>if_modified_since</c>, whose default is exact.
    /// </summary>
    public IfModifiedSinceMode IfModifiedSince { get; set; }

    /// <summary>
    /// Gets or sets the maximum number of satisfiable ranges in a request (RFC 9110, 14.2). A request with more ranges gets the whole file.
    /// Default: 50. Allowed values: 0 or more. 0 disables ranges and <c>Accept-Ranges</c>; <see cref="int.MaxValue"/> ("unlimited" in
    /// configuration) allows any number. Whatever the value, the whole file is sent in three cases: more than two ranges overlap, or the
    /// ranges or their part headers add up to more than the file. nginx: <c>max_ranges</c>, whose default is unlimited.
    /// </summary>
    public int MaxRanges { get; set; } = 50;

    /// <summary>
    /// Gets or sets the content codings (RFC 9110, 8.4.1) of precompressed files that are looked for beside a file, in order of preference.
    /// Default: none. Allowed values: <c>br</c> (.br), <c>zstd</c> (.zst), <c>gzip</c> (.gz). nginx: <c>gzip_static</c>.
    /// </summary>
    public IList<string> Precompressed { get; set; } = [];

    /// <summary>
    /// Gets or sets whether the first variant that exists is sent, whether or not the client accepts it. Default: false. nginx:
    /// <c>gzip_static always</c>.
    /// </summary>
    public bool PrecompressedAlways { get; set; }

    /// <summary>
    /// Gets or sets how files are read that are not in the page cache. Default: <see cref="AioMode.On"/>. nginx: <c>aio</c>.
    /// </summary>
    public AioMode Aio { get; set; }

    /// <summary>
    /// Gets or sets the maximum number of reads in flight, for kernel AIO, POSIX AIO and io_uring. Default: 128; above the queue depth of
    /// the device, io_submit blocks. Allowed values: 16 to 65,536. nginx: <c>worker_aio_requests</c>.
    /// </summary>
    public int AioRequests { get; set; } = 128;

    /// <summary>
    /// Gets or sets the maximum number of threads that read files. With io_uring they are the kernel's, for each ring. Default: 32. Allowed
    /// values: 1 to 1,024. nginx: <c>thread_pool threads=</c>.
    /// </summary>
    public int Threads { get; set; } = 32;

    /// <summary>
    /// Gets or sets the maximum number of reads that wait for a thread, or for a place in the ring with io_uring. Above it, requests get
    /// 503. Default: 65,536. Allowed values: 1 or more. nginx: <c>thread_pool max_queue=</c>.
    /// </summary>
    public int MaxQueue { get; set; } = 65536;

    /// <summary>
    /// Gets or sets how long a response waits for a buffer. Afterwards the request gets 503, or the connection is closed if the response
    /// has started. Default: 10 s. Allowed values: more than 0, less than 24 days.
    /// </summary>
    public TimeSpan QueueTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets the duration after which a read in flight is logged once as a warning, and counted. The read continues, because Linux
    /// cannot cancel a disk read. Default: 60 s. Allowed values: more than 0; 0 or <see cref="Timeout.InfiniteTimeSpan"/> for never. Not
    /// used with <see cref="AioMode.Off"/>, which has no engine. nginx has a fixed 60 s (since 1.25.4).
    /// </summary>
    public TimeSpan AioTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Gets or sets the size from which files are read with O_DIRECT, bypassing the page cache. Default: 1 MiB, as measured
    /// (docs/files.md). Unit: bytes. Allowed values: 1 or more, or null ("off"), which reads all files through the page cache. nginx:
    /// <c>directio</c>.
    /// </summary>
    public long? DirectIoThreshold { get; set; } = 1 << 20;

    /// <summary>
    /// Gets or sets whether files of <see cref="DirectIoThreshold"/> bytes or more are looked up in the page cache first. Default: <see
    /// cref="CacheProbe.Off"/>. It helps if other processes read or write the same files through the page cache. Each lookup brings a page
    /// of the file into the cache, and more where the cached part ends. Has no effect where <see cref="SendFile"/> is used in its automatic
    /// mode.
    /// </summary>
    public CacheProbe CacheProbe { get; set; }

    /// <summary>
    /// Gets or sets whether files are sent by sendfile(2), which copies nothing through the process. It needs a transport of this project.
    /// Default: <see cref="SendFileMode.Auto"/>. nginx: <c>sendfile</c>.
    /// </summary>
    public SendFileMode SendFile { get; set; }

    /// <summary>
    /// Gets or sets the number of bytes that one response sends by sendfile before it yields the thread to other responses. Default: 2 MiB.
    /// Unit: bytes. Allowed values: 65,536 to 1,073,741,824. nginx: <c>sendfile_max_chunk</c>.
    /// </summary>
    public int SendFileMaxChunk { get; set; } = 2 << 20;

    /// <summary>
    /// Gets or sets the alignment of direct reads. Default: null ("auto"), which is the file's alignment as reported by statx (Linux 6.1),
    /// or else 4,096. Unit: bytes. Allowed values: a power of two from 512 to 1,048,576, or null. A value below the reported alignment has
    /// no effect. nginx: <c>directio_alignment</c>.
    /// </summary>
    public int? DirectIoAlignment { get; set; }

    /// <summary>
    /// Gets or sets the number and size of a response's buffers. Default: 1 × 131,072 bytes. Allowed values: 1 to 64 buffers of 4,096 to
    /// 1,048,576 bytes. nginx: <c>output_buffers</c>.
    /// </summary>
    public OutputBuffers OutputBuffers { get; set; } = new(1, 128 * 1024);

    /// <summary>
    /// Gets or sets whether direct reads go straight into the memory of the response pipe, if that is aligned
    /// (<c>UseAlignedMemoryPool</c>). Such reads are not copied. Default: true. The response has one read in flight, whatever the count in
    /// <see cref="OutputBuffers"/>; if no other response reads, it reads ahead and copies instead (<see cref="MaxReadAhead"/>).
    /// </summary>
    public bool ReadIntoPipe { get; set; } = true;

    /// <summary>
    /// Gets or sets whether a response continues on the engine's thread, instead of the thread pool, after a read completes or the client
    /// has received a buffer. This saves context switches and leaves the thread pool to the application. Slow work on that thread delays
    /// all files; application code never runs there. Default: null ("auto"), which is true over HTTP/1.x without TLS if no middleware wraps
    /// the body, as response compression does. Allowed values: true (always), false (never), null. Use false with slow connection
    /// middleware of your own, which is not detected. Not used with <see cref="AioMode.Off"/>.
    /// </summary>
    public bool? InlineCompletions { get; set; }

    /// <summary>
    /// Gets or sets how far a response reads ahead of its client, once the client has received the first MiB of a range. Reading ahead
    /// requires that the device is not busy with other responses, and that half of <see cref="MaxInFlightBytes"/> is free. A client that
    /// stalls for some seconds releases these buffers. Default: 1 MiB, in two reads of 512 KiB. Unit: bytes. Allowed values: 0 to
    /// 67,108,864. Less than <see cref="OutputBuffers"/> has no effect; 0 reads no further ahead than those. Reads into the response pipe
    /// (<see cref="ReadIntoPipe"/>) reach the same size, one at a time unless no other response reads. Reads double from the size of an
    /// output buffer to 512 KiB. Not used where a rate limit is set.
    /// </summary>
    public long MaxReadAhead { get; set; } = 1 << 20;

    /// <summary>
    /// Gets or sets the maximum memory of reads in the whole process; the largest value of all mounts applies. Default: 256 MiB. Unit:
    /// bytes. Allowed values: at least twice the size of one response's buffers.
    /// </summary>
    public long MaxInFlightBytes { get; set; } = 256 << 20;

    /// <summary>
    /// Gets or sets whether the kernel is advised to read ahead in files read through the page cache (posix_fadvise SEQUENTIAL). Default:
    /// false. nginx: <c>read_ahead</c>.
    /// </summary>
    public bool ReadAhead { get; set; }

    /// <summary>Gets or sets the options of the open-file cache. Default: no cache.</summary>
    public OpenFileCacheOptions OpenFileCache { get; set; } = new();

    /// <summary>
    /// Gets or sets how long a client may receive nothing before its response is aborted. The client receives nothing if the peer
    /// acknowledges no byte of the connection. Without a TCP socket, it receives nothing if one buffer is not sent. Default: 60 s. Allowed
    /// values: more than 0, less than 24 days; 0 or <see cref="Timeout.InfiniteTimeSpan"/> for no limit. The limit is up to twice the value
    /// if the peer announces its window in large steps, as on loopback. Over HTTP/1.x Kestrel's <c>MinResponseDataRate</c> is applied to
    /// the acknowledged bytes, whatever this value is. nginx: <c>send_timeout</c>.
    /// </summary>
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Gets or sets the maximum rate of a response. Default: 0, which is no limit. Unit: bytes per second. Allowed values: 0 or more.
    /// nginx: <c>limit_rate</c>.
    /// </summary>
    public long LimitRate { get; set; }

    /// <summary>
    /// Gets or sets the number of bytes that a response sends before the rate limit applies. Default: 0. Unit: bytes. Allowed values: 0 or
    /// more. nginx: <c>limit_rate_after</c>.
    /// </summary>
    public long LimitRateAfter { get; set; }

    /// <summary>
    /// Gets or sets a delegate that returns the rate limit of a request in bytes per second; 0 or less is no limit. It takes precedence
    /// over <see cref="LimitRate"/>. Default: null.
    /// </summary>
    public Func<HttpContext, long>? LimitRateOf { get; set; }
}
