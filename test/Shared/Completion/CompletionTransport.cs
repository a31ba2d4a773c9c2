using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Transport.Core;
using Transport.Core.Hosting;

namespace Test.Shared.Completion;

/// <summary>Settings of the completion model of the tests.</summary>
public sealed class CompletionOptions : TransportOptions;

/// <summary>Registers the completion model of the tests.</summary>
public static class CompletionTransport
{
    public static IWebHostBuilder UseCompletionTransport(this IWebHostBuilder builder, Action<CompletionOptions> configure) =>
        builder.ConfigureServices(services =>
        {
            services.AddTransport<CompletionOptions>(static _ => new IoModel("completion", "Completion", setup => new CompletionLoop(setup)));
            services.Configure(configure);
        });
}
