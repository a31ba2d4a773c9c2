using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Soak.Clients.Protocol;
using Soak.Measuring;

namespace Soak.Clients;

/// <summary>Request bodies, with a length or chunked: echoed and compared, or answered with their hash.</summary>
internal sealed class UploadClient(ClientContext context, bool tls) : ConnectedClient(context, tls)
{
    protected override async Task StepAsync(CancellationToken cancellation)
    {
        HttpConnection connection = await ConnectionAsync(cancellation);
        int key = Random.Next(60_000);
        byte[] body = Pattern.Bytes(Size(), key);
        bool echo = Random.Next(2) == 0;
        Task sending = SendAsync(connection, echo ? "/echo" : "/upload", body, cancellation);
        ResponseHead head = await connection.ReadHeadAsync(200, cancellation);
        if (echo)
        {
            await connection.ReadBodyAsync(head, new PatternCheck(key, body.Length), cancellation);
        }
        else
        {
            CollectedBody answer = new CollectedBody();
            await connection.ReadBodyAsync(head, answer, cancellation);
            Compare(Encoding.Latin1.GetString(answer.ToArray()), $"{body.Length} {Convert.ToHexStringLower(SHA256.HashData(body))}");
        }

        await sending;
        Tally.Add(echo ? body.Length * 2 : body.Length);
    }

    private static void Compare(string came, string expected)
    {
        if (came != expected)
        {
            throw new WrongAnswerException("wrong hash", $"\"{came}\" where \"{expected}\" was expected.");
        }
    }

    private async Task SendAsync(HttpConnection connection, string path, byte[] body, CancellationToken cancellation)
    {
        bool chunked = Random.Next(3) == 0;
        int[] pieces = Pieces(body.Length);
        string framing = chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {body.Length}";
        await connection.SendAsync($"POST {path} HTTP/1.1\r\nHost: soak\r\n{framing}\r\n\r\n", cancellation);
        int at = 0;
        foreach (int piece in pieces)
        {
            if (chunked)
            {
                await connection.SendAsync(piece.ToString("x", CultureInfo.InvariantCulture) + "\r\n", cancellation);
            }

            await connection.SendAsync(body.AsMemory(at, piece), cancellation);
            at += piece;
            if (chunked)
            {
                await connection.SendAsync("\r\n", cancellation);
            }
        }

        if (chunked)
        {
            await connection.SendAsync("0\r\n\r\n", cancellation);
        }
    }

    /// <summary>Chosen before anything is sent: reading and sending share one source of chance.</summary>
    private int[] Pieces(int length)
    {
        List<int> pieces = [];
        while (length > 0)
        {
            int piece = Random.Next(3) == 0 ? length : Random.Next(1, length + 1);
            pieces.Add(piece);
            length -= piece;
        }

        return [.. pieces];
    }
}
