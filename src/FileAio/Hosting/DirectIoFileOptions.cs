using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace FileAio;

/// <summary>
/// Settings of <c>UseDirectIoFiles</c>. Names are <c>UseStaticFiles</c>' where it has the thing, and nginx's where nginx has it.
/// All that is not a delegate or an object binds from the configuration section <c>DirectIoFiles</c>; then
/// <c>services.Configure&lt;DirectIoFileOptions&gt;</c> applies. A value out of range, and a key that is no option, fail at start-up. The
/// options are read once: what changes later has no effect.
/// </summary>
public sealed class DirectIoFileOptions
{
    /// <summary>
    /// The folder to serve, absolute or relative to the content root; it must exist. Default null: <see cref="FileProvider"/>'s, else the
    /// application's web root. Where that does not exist, nothing is served until it does, which a warning says.
    /// </summary>
    public string? Root { get; set; }

    /// <summary>
    /// How often the path of the root is looked at, to see whether it leads to another folder: a symbolic link that was swapped, a folder
    /// that was made anew or has gone. A request that comes later than this after the last check makes the next one. Default 1 s; from 0,
    /// which checks at every request, to 1 hour. Not with a provider that is no <see cref="PhysicalFileProvider"/>, which is asked each time.
    /// </summary>
    public TimeSpan RootCheckInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What is served unless <see cref="Root"/> is set. The root of a <see cref="PhysicalFileProvider"/> is served as a folder. Any other
    /// provider is asked for each name: a file with an <see cref="IFileInfo.PhysicalPath"/> is opened there and read like any other, of the
    /// rest the stream is sent. Such a provider decides what is exposed, so <see cref="DisableSymlinks"/> must be off. Default null: the
    /// web root's provider.
    /// </summary>
    public IFileProvider? FileProvider { get; set; }

    /// <summary>The path that the folder is at, such as <c>/files</c>. Default: empty, the application's root.</summary>
    public PathString RequestPath { get; set; }

    /// <summary>The route pattern of an endpoint, for status pages and the log; null for middleware.</summary>
    internal string? Pattern { get; set; }

    /// <summary>Tells a file's content type from its name. Default: <see cref="FileExtensionContentTypeProvider"/>.</summary>
    public IContentTypeProvider ContentTypeProvider { get; set; } = new FileExtensionContentTypeProvider();

    /// <summary>
    /// The type of files that the provider does not know, once they are served. Default: null, which then says
    /// <c>application/octet-stream</c>. nginx: <c>default_type</c>.
    /// </summary>
    public string? DefaultContentType { get; set; }

    /// <summary>
    /// Serves files of unknown type too. Default false, as in <c>UseStaticFiles</c>: what was never meant to be served is often of no known
    /// type.
    /// </summary>
    public bool ServeUnknownFileTypes { get; set; }

    /// <summary>
    /// Names looked for in a directory, in this order. Default: <c>UseDefaultFiles</c>' four. Empty: none. nginx: <c>index</c>.
    /// </summary>
    public IList<string> DefaultFiles { get; set; } = ["default.htm", "default.html", "index.htm", "index.html"];

    /// <summary>
    /// Sends <c>/dir</c> to <c>/dir/</c> where that has a default document. Default true; else the document is served at <c>/dir</c> too,
    /// as by <c>UseDefaultFiles</c>.
    /// </summary>
    public bool RedirectToAppendTrailingSlash { get; set; } = true;

    /// <summary>Serves files and directories whose name begins with a dot. Default false, as in <c>UseStaticFiles</c>.</summary>
    public bool ServeDotFiles { get; set; }

    /// <summary>
    /// Which symbolic links below the root are followed (the way to the root itself is never checked). Default: all. nginx:
    /// <c>disable_symlinks</c>.
    /// </summary>
    public SymlinkPolicy DisableSymlinks { get; set; }

    /// <summary>
    /// The part of a path in which <see cref="DisableSymlinks"/> does not check, relative to the root, such as <c>releases/current</c>: for
    /// a file below it, what comes after it is checked, and with <see cref="SymlinkPolicy.Beneath"/> must stay in the folder that the part
    /// leads to. A path that does not begin with the part, in whole components, is checked from the root on; one that is the part is not
    /// checked. Default null: all below the root is checked, as by <c>from=$document_root</c>. nginx: <c>disable_symlinks from=</c>, which
    /// takes an absolute path.
    /// </summary>
    public string? DisableSymlinksFrom { get; set; }

    /// <summary>
    /// What response compression may do over HTTPS. Default <see cref="HttpsCompressionMode.Compress"/>, as in <c>UseStaticFiles</c>.
    /// </summary>
    public HttpsCompressionMode HttpsCompression { get; set; } = HttpsCompressionMode.Compress;

    /// <summary>Called when status and header fields are set and nothing is sent yet. Default null.</summary>
    public Action<StaticFileResponseContext>? OnPrepareResponse { get; set; }

    /// <summary>The same, awaited; it runs after <see cref="OnPrepareResponse"/>. Default null.</summary>
    public Func<StaticFileResponseContext, Task>? OnPrepareResponseAsync { get; set; }

    /// <summary>
    /// Answers 404 and 405 (with <c>Allow</c>; RFC 9110, 15.5.6) here instead of calling the next middleware. Default false.
    /// </summary>
    public bool Terminal { get; set; }

    /// <summary>
    /// Sends <c>ETag</c>: modification time and size, weak (<c>W/</c>; RFC 9110, 8.8.1) for a file changed within the last two seconds.
    /// Default true. nginx: <c>etag</c>.
    /// </summary>
    public bool ETag { get; set; } = true;

    /// <summary>
    /// How fine the tag's modification time is. Default <see cref="ETagPrecision.Nanoseconds"/>; nginx's tags are
    /// <see cref="ETagPrecision.Seconds"/>.
    /// </summary>
    public ETagPrecision ETagPrecision { get; set; }

    /// <summary>
    /// When <c>If-Modified-Since</c> (RFC 9110, 13.1.3) makes a 304. Default <see cref="IfModifiedSinceMode.Before"/>. nginx:
    /// <c>if_modified_since</c>, whose default is exact.
    /// </summary>
    public IfModifiedSinceMode IfModifiedSince { get; set; }

    /// <summary>
    /// Gets or sets the maximum number of satisfiable ranges in a request (RFC 9110, 14.2); with more the whole file is sent. Default 50.
    /// 0 turns ranges off, and <c>Accept-Ranges</c> with them; <see cref="int.MaxValue"/> ("unlimited" in configuration) allows any number.
    /// Whatever the value, the whole file is sent where more than two ranges overlap, where the ranges add up to more than the file, or
    /// where their part headers do. nginx: <c>max_ranges</c>, whose default is unlimited.
    /// </summary>
    public int MaxRanges { get; set; } = 50;

    /// <summary>
    /// Content codings (RFC 9110, 8.4.1) to look for beside a file, best first: <c>br</c> (.br), <c>zstd</c> (.zst), <c>gzip</c> (.gz); no
    /// others. Default: none. nginx: <c>gzip_static</c>.
    /// </summary>
    public IList<string> Precompressed { get; set; } = [];

    /// <summary>
    /// Sends the first variant that exists without asking whether the client accepts it. Default false. nginx: <c>gzip_static always</c>.
    /// </summary>
    public bool PrecompressedAlways { get; set; }

    /// <summary>How files are read that the page cache does not hold. Default <see cref="AioMode.On"/>. nginx: <c>aio</c>.</summary>
    public AioMode Aio { get; set; }

    /// <summary>
    /// Reads in flight at most, for kernel and POSIX AIO. Default 128: past the device's queue io_submit blocks. Range 16 to 65,536. nginx:
    /// <c>worker_aio_requests</c>.
    /// </summary>
    public int AioRequests { get; set; } = 128;

    /// <summary>Threads that read, at most. Default 32; range 1 to 1,024. nginx: <c>thread_pool threads=</c>.</summary>
    public int Threads { get; set; } = 32;

    /// <summary>
    /// Reads that may wait for one of the threads; past it a request is answered 503. Default 65,536; at least 1. nginx: <c>thread_pool
    /// max_queue=</c>.
    /// </summary>
    public int MaxQueue { get; set; } = 65536;

    /// <summary>
    /// How long a response waits for a buffer before it is answered 503 (or, once it has begun, ended). Default 10 s; more than 0, less
    /// than 24 days.
    /// </summary>
    public TimeSpan QueueTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A read that takes longer is told of once, as a warning and in the meter; nothing else happens, since Linux cannot take a disk read
    /// back. Default 60 s; 0 or
    /// <see cref="Timeout.InfiniteTimeSpan"/>: never. Not with <see cref="AioMode.Off"/>, where no engine reads. nginx has a fixed 60 s
    /// (since 1.25.4).
    /// </summary>
    public TimeSpan AioTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Files of this many bytes or more are read with O_DIRECT, past the page cache. Default 1 MiB, as measured (docs/files.md); at least
    /// 1; null ("off") reads all through the cache. nginx: <c>directio</c>.
    /// </summary>
    public long? DirectIoThreshold { get; set; } = 1 << 20;

    /// <summary>
    /// Whether the page cache is asked first for files at or above <see cref="DirectIoThreshold"/>. Default <see cref="CacheProbe.Off"/>.
    /// Worth it where others read or write the same files through the page cache. Asking has a price: a page of the file, more where the
    /// cached part ends, is brought into the cache. Where <see cref="SendFile"/> is at work in its automatic mode it has no effect.
    /// </summary>
    public CacheProbe CacheProbe { get; set; }

    /// <summary>
    /// Gets or sets whether files are sent by sendfile(2), which copies nothing through the process, where a transport of this project can.
    /// Default <see cref="SendFileMode.Auto"/>. nginx: <c>sendfile</c>.
    /// </summary>
    public SendFileMode SendFile { get; set; }

    /// <summary>
    /// Gets or sets the bytes that are sent by sendfile before the response gives up its turn, so that one fast client does not have a thread
    /// to itself. Default 2 MiB; 65,536 bytes to 1 GiB. nginx: <c>sendfile_max_chunk</c>.
    /// </summary>
    public int SendFileMaxChunk { get; set; } = 2 << 20;

    /// <summary>
    /// Alignment of direct reads: a power of two from 512 to 1,048,576 bytes. Default null ("auto"): what statx says of the file (Linux
    /// 6.1), else 4,096. A smaller value than that has no effect. nginx: <c>directio_alignment</c>.
    /// </summary>
    public int? DirectIoAlignment { get; set; }

    /// <summary>Buffers of a response: 1 to 64 of 4,096 to 1,048,576 bytes. Default 1 × 131,072. nginx: <c>output_buffers</c>.</summary>
    public OutputBuffers OutputBuffers { get; set; } = new(1, 128 * 1024);

    /// <summary>
    /// Lets direct reads land in the response pipe's own memory, so that nothing is copied, where that memory is aligned
    /// (<c>UseAlignedMemoryPool</c>). Default true. Such a response has one read under way, whatever <see cref="OutputBuffers"/> counts.
    /// </summary>
    public bool ReadIntoPipe { get; set; } = true;

    /// <summary>
    /// Whether a response goes on on the engine's own thread when a read has completed or the client has taken a buffer, instead of on the
    /// thread pool: fewer context switches, and none of the pool's threads is kept from the application. What is slow there holds up every
    /// file. Default null ("auto"): where nothing slow is in the way, over HTTP/1.x without TLS and with a body that nobody has wrapped
    /// (response compression does). True: always. False: never, which suits connection middleware of one's own that is slow, as it is not
    /// seen. Application code never runs there. Not with <see cref="AioMode.Off"/>.
    /// </summary>
    public bool? InlineCompletions { get; set; }

    /// <summary>
    /// Bytes that a response reads ahead of its client, once the client has taken the first MiB of a range and as long as the device is not
    /// busy with other responses and half of <see cref="MaxInFlightBytes"/> is free. A client that stalls for some seconds gives them back.
    /// Less than <see cref="OutputBuffers"/> has no effect: 0 reads no further ahead than those. Default 1 MiB, in two reads of 512 KiB;
    /// from 0 to 64 MiB. Reads into the response's own pipe (<see cref="ReadIntoPipe"/>) become as large, one at a time. Not where a rate
    /// is set.
    /// </summary>
    public long MaxReadAhead { get; set; } = 1 << 20;

    /// <summary>
    /// Bytes that reads may occupy at a time, in the whole process (the largest value given counts). Default 256 MiB; at least twice one
    /// response's buffers.
    /// </summary>
    public long MaxInFlightBytes { get; set; } = 256 << 20;

    /// <summary>
    /// Advises the kernel to read ahead in files read through the page cache (posix_fadvise SEQUENTIAL). Default false. nginx:
    /// <c>read_ahead</c>.
    /// </summary>
    public bool ReadAhead { get; set; }

    /// <summary>The open-file cache. Default: off.</summary>
    public OpenFileCacheOptions OpenFileCache { get; set; } = new();

    /// <summary>
    /// Gets or sets how long a client may take nothing before its response is aborted: the peer acknowledges no byte of the connection, or,
    /// where that cannot be asked (no TCP socket), one buffer is not taken. Default 60 s; at most 24 days; 0 or
    /// <see cref="Timeout.InfiniteTimeSpan"/>: no limit. Up to twice the value where a peer announces its window in large steps, as on
    /// loopback. Over HTTP/1.x Kestrel's <c>MinResponseDataRate</c> is applied to what the peer acknowledges, whatever this value is.
    /// nginx: <c>send_timeout</c>.
    /// </summary>
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes a second of a response at most; 0, the default, is no limit. nginx: <c>limit_rate</c>.</summary>
    public long LimitRate { get; set; }

    /// <summary>Bytes of a response that go before the limit counts. Default 0; not less. nginx: <c>limit_rate_after</c>.</summary>
    public long LimitRateAfter { get; set; }

    /// <summary>The rate by request, in bytes a second, 0 or less for no limit; wins over <see cref="LimitRate"/>. Default null.</summary>
    public Func<HttpContext, long>? LimitRateOf { get; set; }
}
