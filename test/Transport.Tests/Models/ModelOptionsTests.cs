using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Transport.Blocking;
using Transport.Core;
using Transport.Rtsig;
using Transport.Select;

namespace Transport.Tests.Models;

/// <summary>Each model's own options: bound from its section, and a bad value says at the start which it is and what is allowed.</summary>
public class ModelOptionsTests
{
    [Fact]
    public Task Select_options_name_the_maximum_number_of_descriptors() =>
        RefusedAsync(web => web.UseSelectTransport(options => options.MaxDescriptors = 10),
            "SelectTransportOptions.MaxDescriptors is 10; allowed: 64 to 1048576.");

    [Fact]
    public Task Select_options_name_the_allowed_calls() =>
        RefusedAsync(web => web.UseSelectTransport(options => options.Call = (SelectCall)7),
            "SelectTransportOptions.Call is 7; allowed: Select, Pselect.");

    [Fact]
    public Task Poll_options_name_the_allowed_calls() =>
        RefusedAsync(web => web.UsePollTransport(options => options.Call = (PollCall)7),
            "PollTransportOptions.Call is 7; allowed: Poll, Ppoll.");

    [Fact]
    public Task Rtsig_refuses_the_runtimes_signal() =>
        RefusedAsync(web => web.UseRtsigTransport(options => options.Signal = 34),
            "RtsigTransportOptions.Signal is 34; allowed: 35 to 64, or null.");

    [Fact]
    public Task Rtsig_refuses_a_shared_listener() => RefusedAsync(
        web => web.UseRtsigTransport(options => options.AcceptStrategy = AcceptStrategy.Shared),
        "RtsigTransportOptions.AcceptStrategy is Shared; allowed: ReusePort, RoundRobin.");

    [Fact]
    public Task Blocking_options_name_the_maximum_number_of_threads() => RefusedAsync(
        web => web.UseBlockingTransport(options => options.MaxThreads = 1),
            "BlockingTransportOptions.MaxThreads is 1; allowed: 2 to 65536.");

    [Fact]
    public void Options_are_bound_from_configuration()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Kestrel:Transport:Select:MaxDescriptors"] = "2048",
                ["Kestrel:Transport:Select:Call"] = "Pselect",
                ["Kestrel:Transport:Poll:Call"] = "Ppoll",
                ["Kestrel:Transport:Rtsig:Signal"] = "50",
                ["Kestrel:Transport:Rtsig:Reading"] = "OneByOne",
                ["Kestrel:Transport:Blocking:MaxThreads"] = "100",
                ["Kestrel:Transport:Busy:LoopCount"] = "3",
            }).Build())
            .UseSelectTransport().UsePollTransport().UseRtsigTransport().UseBlockingTransport().UseBusyTransport()
            .BuildServiceProvider();
        Assert.Equal((2048, SelectCall.Pselect),
            (Of<SelectTransportOptions>(services).MaxDescriptors, Of<SelectTransportOptions>(services).Call));
        Assert.Equal(PollCall.Ppoll, Of<PollTransportOptions>(services).Call);
        Assert.Equal((50, SignalReading.OneByOne),
            (Of<RtsigTransportOptions>(services).Signal, Of<RtsigTransportOptions>(services).Reading));
        Assert.Equal(100, Of<BlockingTransportOptions>(services).MaxThreads);
        Assert.Equal(3, Of<BusyTransportOptions>(services).LoopCount);
    }

    private static TOptions Of<TOptions>(IServiceProvider services)
        where TOptions : class => services.GetRequiredService<IOptions<TOptions>>().Value;

    private static async Task RefusedAsync(Action<IWebHostBuilder> use, string message)
    {
        OptionsValidationException exception = await Assert.ThrowsAsync<OptionsValidationException>(
            () => WebServer.StartAsync(new TransportUnderTest("bad", (web, _) => use(web)), TestApp.HelloAsync));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }
}
