using System.Net.WebSockets;
using Soak.Clients.Protocol;
using Soak.Measuring;

namespace Soak.Clients;

/// <summary>A WebSocket whose messages come back as they were sent.</summary>
internal sealed class WebSocketClient(ClientContext context) : Client(context)
{
    private ClientWebSocket? _socket;

    protected override async Task StepAsync(CancellationToken cancellation)
    {
        if (_socket is null)
        {
            _socket = new ClientWebSocket();
            await _socket.ConnectAsync(new Uri($"ws://{Context.Server.Http}/ws"), cancellation);
        }

        int messages = Random.Next(1, 50);
        for (int i = 0; i < messages; i++)
        {
            await EchoAsync(_socket, Random.Next(20) == 0 ? Random.Next(300_000) : Random.Next(1, 2000), cancellation);
        }

        switch (Random.Next(6))
        {
            case 0:
                await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancellation);
                Release();
                break;
            case 1:
                _socket.Abort();
                Tally.AddAbort();
                Release();
                break;
        }
    }

    protected override void Release()
    {
        _socket?.Dispose();
        _socket = null;
    }

    private async Task EchoAsync(ClientWebSocket socket, int size, CancellationToken cancellation)
    {
        int key = Random.Next(60_000);
        Task sending = socket.SendAsync(Pattern.Bytes(size, key), WebSocketMessageType.Binary, endOfMessage: true, cancellation);
        PatternCheck check = new PatternCheck(key, size);
        byte[] buffer = new byte[16 * 1024];
        ValueWebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer.AsMemory(), cancellation);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                throw new WrongAnswerException("closed", "The server closed the WebSocket.");
            }

            check.Next(buffer.AsSpan(0, received.Count));
        }
        while (!received.EndOfMessage);
        check.End();
        await sending;
        Tally.Add(size * 2L);
    }
}
