using System.Net.Sockets;

namespace Test.Shared;

/// <summary>
/// A client that the server ends at a moment of its own: the reset may meet the connect, the send or the receive. It fails the test only by
/// being left waiting.
/// </summary>
public static class DoomedClient
{
    /// <summary>Connects, sends a byte and FIN, and reads to the end or to the reset.</summary>
    public static async Task RunAsync(Func<Task<RawClient>> connect)
    {
        try
        {
            using RawClient client = await connect();
            await client.SendAsync("x");
            client.ShutdownSend();
            await client.DrainAsync();
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // EPIPE, or ECONNRESET: ended.
        }
    }
}
