using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests;

/// <summary>The server's end of a connection, as a test speaks to it.</summary>
internal static class ConnectionExtensions
{
    public static async Task<string> ReadToEndAsync(this ConnectionContext connection)
    {
        StringBuilder text = new StringBuilder();
        while (true)
        {
            ReadResult result = await connection.Transport.Input.ReadAsync(Deadline.Token);
            text.Append(Encoding.Latin1.GetString(result.Buffer));
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return text.ToString();
            }
        }
    }

    public static async Task<string> ReadTextAsync(this ConnectionContext connection, int count)
    {
        ReadResult result = await connection.Transport.Input.ReadAtLeastAsync(count, Deadline.Token);
        if (result.Buffer.Length < count)
        {
            throw new EndOfStreamException($"The input ended after {result.Buffer.Length} bytes.");
        }

        ReadOnlySequence<byte> buffer = result.Buffer.Slice(0, count);
        string text = Encoding.Latin1.GetString(buffer);
        connection.Transport.Input.AdvanceTo(buffer.End);
        return text;
    }

    public static async Task WriteAsync(this ConnectionContext connection, string text)
        => await connection.Transport.Output.WriteAsync(Encoding.Latin1.GetBytes(text), Deadline.Token);

    /// <summary>Sends back what comes until the client is done.</summary>
    public static async Task EchoAsync(this ConnectionContext connection)
    {
        while (true)
        {
            ReadResult result = await connection.Transport.Input.ReadAsync();
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                await connection.Transport.Output.WriteAsync(segment);
            }

            connection.Transport.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    public static Task Fired(this CancellationToken token)
    {
        TaskCompletionSource fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(() => fired.TrySetResult());
        return fired.Task.WithinDeadline("ConnectionClosed");
    }

    public static async Task<HttpReply> GetAsync(this RawClient client, string path)
    {
        await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
        return await new HttpReplyReader(client).ReadAsync();
    }
}
