using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Soak.Server;

/// <summary>What the server answers. Each body can be checked byte by byte.</summary>
internal sealed class Endpoints(ServerMeters meters, CancellationToken stopping)
{
    private const int MostUnderWay = 8;
    private const int PieceSize = 4096;

    /// <summary>What is being answered, by the request's identifier: what is left when all clients have gone has lost its way.</summary>
    private readonly ConcurrentDictionary<string, string> _underWay = new();

    public async Task RouteAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        _underWay[context.TraceIdentifier] =
            $"{request.Protocol} {request.Scheme} {request.Method} {request.Path}{request.QueryString} ({context.TraceIdentifier})";
        try
        {
            await AnswerAsync(context);
        }
        catch (Exception exception) when (
            exception is ConnectionResetException or ConnectionAbortedException or BadHttpRequestException or OperationCanceledException)
        {
            // The client left in the middle of its request; Kestrel would log it as an error of the application.
            await LeaveAsync(context);
        }
        finally
        {
            _underWay.TryRemove(context.TraceIdentifier, out _);
        }
    }

    /// <summary>
    /// Ends a request whose client has left. Kestrel may complete a flush before it knows that, on every transport, and would log too few
    /// bytes as an error of the application.
    /// </summary>
    private static async Task LeaveAsync(HttpContext context)
    {
        context.Abort();
        CancellationToken aborted = context.RequestAborted;

        // From the last byte of a Content-Length on, Kestrel gives out a token that nothing cancels. No byte is missing then.
        if (aborted.CanBeCanceled)
        {
            await Task.Delay(Timeout.Infinite, aborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task AnswerAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/" => HelloAsync(context),
        "/bytes" => BytesAsync(context),
        "/once" => OnceAsync(context),
        "/echo" => EchoAsync(context),
        "/upload" => UploadAsync(context),
        "/ws" => WebSocketAsync(context),
        "/delay" => DelayAsync(context),
        "/block" => BlockAsync(context),
        "/status" => StatusAsync(context),
        "/collect" => CollectAsync(context),
        _ => NotFoundAsync(context),
    };

    private static Task HelloAsync(HttpContext context)
    {
        context.Response.ContentLength = 13;
        return context.Response.Body.WriteAsync("Hello, World!"u8.ToArray()).AsTask();
    }

    /// <summary>n bytes of the pattern with this key; without Content-Length if chunked is 1.</summary>
    private static async Task BytesAsync(HttpContext context)
    {
        long left = Number(context, "n");
        long at = Number(context, "key");
        context.Response.ContentLength = Number(context, "chunked") == 1 ? null : left;
        byte[] piece = new byte[(int)Math.Min(left, PieceSize)];
        while (left > 0)
        {
            int count = (int)Math.Min(piece.Length, left);
            Pattern.Fill(piece.AsSpan(0, count), at);
            at += count;
            left -= count;

            // Not by GetMemory and Advance: Kestrel does not count those bytes for its minimum data rate, and would cut slow readers off.
            if ((await context.Response.BodyWriter.WriteAsync(piece.AsMemory(0, count))).IsCompleted)
            {
                await LeaveAsync(context);
                return;
            }
        }
    }

    /// <summary>n bytes of the pattern in one write: they are in the pipe before the client has read the first.</summary>
    private static Task OnceAsync(HttpContext context)
    {
        byte[] bytes = Pattern.Bytes((int)Number(context, "n"), 0);
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes).AsTask();
    }

    /// <summary>
    /// Without Content-Length: a client that leaves would make it an error of the application. Not by CopyToAsync, which advances to no
    /// position at all where the client leaves at a segment's end; Kestrel's reader throws then.
    /// </summary>
    private static async Task EchoAsync(HttpContext context)
    {
        PipeReader reader = context.Request.BodyReader;
        PipeWriter writer = context.Response.BodyWriter;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(context.RequestAborted);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                writer.Write(segment.Span);
            }

            bool isLast = read.IsCompleted;
            reader.AdvanceTo(read.Buffer.End);
            if ((await writer.FlushAsync(context.RequestAborted)).IsCompleted)
            {
                await LeaveAsync(context);
                return;
            }

            if (isLast)
            {
                return;
            }
        }
    }

    /// <summary>The body's length and SHA-256.</summary>
    private static async Task UploadAsync(HttpContext context)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long bytes = 0;
        while (true)
        {
            ReadResult read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                hash.AppendData(segment.Span);
            }

            bytes += read.Buffer.Length;
            context.Request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        string answer = $"{bytes} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
        context.Response.ContentLength = answer.Length;
        await context.Response.WriteAsync(answer);
    }

    private async Task WebSocketAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), stopping);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, stopping);
                    return;
                }

                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, stopping);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            // The client left without a closing handshake, or the server stops.
        }
    }

    private static async Task DelayAsync(HttpContext context)
    {
        await Task.Delay((int)Number(context, "ms"), context.RequestAborted);
        await HelloAsync(context);
    }

    private static Task BlockAsync(HttpContext context)
    {
        Thread.Sleep((int)Number(context, "ms"));
        return HelloAsync(context);
    }

    private Task StatusAsync(HttpContext context) => context.Response.WriteAsJsonAsync(new ServerStatus
    {
        UnderWay = [.. _underWay.Where(one => one.Key != context.TraceIdentifier).Take(MostUnderWay).Select(one => one.Value)],
        Connections = meters.Read("kestrel.active_connections"),
        TransportConnections = meters.Read("transport.connections"),
        Accepts = meters.Read("transport.accepts"),
        Workers = meters.Read("transport.workers"),
        HeapBytes = GC.GetTotalMemory(forceFullCollection: false),
        AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true),
        Collections = [GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2)],
        PoolThreads = ThreadPool.ThreadCount,
        Faults = FaultShim.Unavailable is null ? FaultShim.DiceFired : 0,
    });

    /// <summary>Returns what is not in use to the kernel, so that what is left can be compared.</summary>
    private Task CollectAsync(HttpContext context)
    {
        for (int round = 0; round < 3; round++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return StatusAsync(context);
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static long Number(HttpContext context, string name)
        => long.TryParse(context.Request.Query[name], CultureInfo.InvariantCulture, out long value) ? value : 0;
}
