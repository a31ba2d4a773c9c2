using System.Buffers;
using System.Net.WebSockets;

namespace Arena.Endpoints;

/// <summary><c>/ws</c>: a WebSocket that returns every message.</summary>
internal static class WebSocketEndpoint
{
    private const int BufferSize = 4 * 1024;

    public static void MapWebSocketEcho(this IEndpointRouteBuilder app) => app.Map("/ws", HandleAsync);

    private static async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            await EchoAsync(socket, buffer, context.RequestAborted);
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException
        {
            WebSocketErrorCode: WebSocketError.ConnectionClosedPrematurely,
        })
        {
            // The client closed the connection without a closing handshake.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task EchoAsync(WebSocket socket, byte[] buffer, CancellationToken aborted)
    {
        while (true)
        {
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), aborted);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, aborted);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, aborted);
        }
    }
}
