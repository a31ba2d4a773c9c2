using System.Text;
using Soak.Clients.Protocol;

namespace Soak.Clients;

/// <summary>Several requests in one segment, or cut at random; the answers come in order.</summary>
internal sealed class PipelineClient(ClientContext context) : ConnectedClient(context)
{
    protected override async Task StepAsync(CancellationToken cancellation)
    {
        HttpConnection connection = await ConnectionAsync(cancellation);
        (int Size, int Key)[] requests = [.. Enumerable.Range(0, Random.Next(2, 40)).Select(_ => (Random.Next(5000), Random.Next(60_000)))];
        byte[] bytes = Encoding.Latin1.GetBytes(
            string.Concat(requests.Select(one => $"GET /bytes?n={one.Size}&key={one.Key} HTTP/1.1\r\nHost: soak\r\n\r\n")));
        int cut = Random.Next(2) == 0 ? bytes.Length : Random.Next(1, bytes.Length);
        Task sending = SendInTwoAsync(connection, bytes, cut, cancellation);
        foreach ((int size, int key) in requests)
        {
            ResponseHead head = await connection.ReadHeadAsync(200, cancellation);
            await connection.ReadBodyAsync(head, new PatternCheck(key, size), cancellation);
            Tally.Add(size);
        }

        await sending;
    }

    private static async Task SendInTwoAsync(HttpConnection connection, byte[] bytes, int cut, CancellationToken cancellation)
    {
        await connection.SendAsync(bytes.AsMemory(0, cut), cancellation);
        await connection.SendAsync(bytes.AsMemory(cut), cancellation);
    }
}
