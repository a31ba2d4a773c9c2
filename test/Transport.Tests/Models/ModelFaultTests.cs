namespace Transport.Tests.Models;

/// <summary>The calls that only one model makes, failing: the server goes on, or says at its start what the kernel refused.</summary>
public class ModelFaultTests
{
    /// <summary>What the kernel may say at any time, and means nothing by.</summary>
    [Theory]
    [InlineData("poll", "poll", Errno.EINTR), InlineData("poll", "poll", Errno.ENOMEM)]
    [InlineData("poll/ppoll", "ppoll", Errno.EINTR), InlineData("poll/ppoll", "ppoll", Errno.ENOMEM)]
    [InlineData("select", "select", Errno.EINTR), InlineData("select", "select", Errno.ENOMEM)]
    [InlineData("select/pselect", "pselect", Errno.EINTR), InlineData("select/pselect", "pselect", Errno.ENOMEM)]
    [InlineData("rtsig", "poll", Errno.EINTR), InlineData("rtsig", "read", Errno.EINTR), InlineData("rtsig", "fcntl", Errno.ENOMEM)]
    [InlineData("rtsig/onebyone", "sigtimedwait", Errno.EINTR)]
    [InlineData("blocking", "poll", Errno.EINTR)]
    public async Task A_call_that_fails_temporarily_is_repeated(string transport, string call, Errno error)
    {
        Assert.SkipUnless(FaultShim.Unavailable is null, FaultShim.Unavailable ?? "");
        byte[] bytes = TestApp.PatternBytes(300_000);
        await using WebServer server = await WebServer.StartAsync(TransportCatalogue.Get(transport), TestApp.RouteAsync);
        using HttpClient http = server.CreateClient();
        Assert.Equal("Hello, World!", await http.GetStringAsync(new Uri("/", UriKind.Relative)));
        // Setting flags fails where a connection is armed, not where it is added: a connection that cannot be added is closed.
        using Fault fault = FaultShim.Fail([call], error, call == "fcntl" ? Role.Connected : Role.Any, skip: call == "fcntl" ? 2 : 0,
            count: call == "fcntl" ? 1 : 20);
        for (int i = 0; i < 30 || (fault.Fired == 0 && i < 1000); i++)
        {
            using HttpClient other = server.CreateClient();
            using HttpResponseMessage echoed = await other.PostAsync(new Uri("/echo", UriKind.Relative), new ByteArrayContent(bytes));
            Assert.Equal(bytes, await echoed.Content.ReadAsByteArrayAsync());
        }

        Assert.True(fault.Fired > 0, $"{transport} never called {call}.");
    }

    [Theory]
    [InlineData("rtsig", "signalfd", Errno.EMFILE), InlineData("rtsig", "fcntl", Errno.EMFILE),
        InlineData("blocking", "eventfd", Errno.EMFILE)]
    public async Task A_refusal_of_the_kernel_at_the_start_is_reported(string transport, string call, Errno error)
    {
        Assert.SkipUnless(FaultShim.Unavailable is null, FaultShim.Unavailable ?? "");
        using Fault fault = FaultShim.Fail([call], error, count: -1);
        Exception exception =
            await Assert.ThrowsAnyAsync<Exception>(() => WebServer.StartAsync(TransportCatalogue.Get(transport), TestApp.HelloAsync));
        Assert.Contains($"errno {(int)error}", exception.ToString(), StringComparison.Ordinal);
    }
}
