using FileAio.Tests.Support;

namespace FileAio.Tests.Http;

/// <summary>Every row of the HTTP cases, by every way of reading. The reply must not depend on it.</summary>
public sealed class HttpCaseTests(CaseServers servers) : IClassFixture<CaseServers>
{
    private static readonly string[] Ways =
        ["aio", "aio into the pipe", "threads", "posix", "off", "page cache", "open-file cache", "sendfile on", "sendfile auto",
            "uring", "uring into the pipe", "uring page cache", "uring on epoll",
            "uring on uring", .. CaseServers.WaysOnEpoll];

    public static TheoryData<string, string> Rows()
    {
        TheoryData<string, string> rows = new TheoryData<string, string>();
        foreach (string way in Ways)
        {
            foreach (string id in HttpCase.Ids)
            {
                rows.Add(way, id);
            }
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_conditional_request_is_answered_as_RFC_9110_requires(string way, string id)
    {
        HttpCase row = HttpCase.Find(id);
        FileServer server = await servers.ForAsync(way, row);
        await row.CheckAsync(server.Port, servers.Tree);
        await server.IdleAsync();
    }
}
