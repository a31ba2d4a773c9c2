using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Transport.Core;
using Transport.Core.Hosting;

namespace Test.Shared.Completion;

/// <summary>Settings of the completion model of the tests.</summary>
public sealed class CompletionOptions : TransportOptions;

/// <summary>Adds the completion model of the tests.</summary>
public static class CompletionTransport
{
    private static readonly TransportRegistration<CompletionOptions> Registration = new(
        "Completion",
        static (options, section) => options.BindConfiguration(section),
        static (_, _) => new IoModel("completion", "Completion", static setup => new CompletionLoop(setup)));

    public static IWebHostBuilder UseCompletionTransport(this IWebHostBuilder builder, Action<CompletionOptions> configure) =>
        Registration.AddTo(builder, configure);
}
