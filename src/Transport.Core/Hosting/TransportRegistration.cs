using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Transport.Core.Diagnostics;
using Transport.Core.SendFile;

namespace Transport.Core.Hosting;

/// <summary>How a model's <c>UseXxxTransport</c> gets it to Kestrel.</summary>
internal static class TransportRegistration
{
    /// <summary>
    /// Has the transport's configuration section checked before it is bound: unknown keys and values that cannot be read fail the start. To be
    /// called before <c>BindConfiguration</c>.
    /// </summary>
    public static void ValidateSection<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
        this IServiceCollection services, string section)
        where TOptions : TransportOptions
    {
        services.AddSingleton<IConfigureOptions<TOptions>>(provider =>
            new SectionValidator<TOptions>(provider.GetService<IConfiguration>() ?? new ConfigurationBuilder().Build(), section));
    }

    /// <summary>
    /// Adds the transport as a listener factory. Kestrel asks the one that was registered last first, so the last call wins, and its own
    /// Sockets transport remains for end points that we do not take.
    /// </summary>
    public static void AddTransport<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        this IServiceCollection services, Func<TOptions, IoModel> model)
        where TOptions : TransportOptions => services.AddTransport<TOptions>((options, _) => model(options));

    /// <inheritdoc cref="AddTransport{TOptions}(IServiceCollection, Func{TOptions, IoModel})"/>
    /// <remarks>For a model that has services to ask for, such as a meter factory for counters of its own.</remarks>
    public static void AddTransport<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        this IServiceCollection services, Func<TOptions, IServiceProvider, IoModel> model)
        where TOptions : TransportOptions
    {
        services.AddOptions<TOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, TransportOptionsValidator<TOptions>>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, SendFileStartupFilter>());
        services.TryAddSingleton(static provider => new TransportMetrics(provider.GetService<IMeterFactory>()));
        services.AddSingleton<IConnectionListenerFactory>(provider =>
        {
            TOptions options = provider.GetRequiredService<IOptions<TOptions>>().Value;
            return new TransportFactory(
                model(options, provider),
                options,
                provider.GetRequiredService<ILoggerFactory>(),
                provider.GetRequiredService<IMemoryPoolFactory<byte>>(),
                provider.GetRequiredService<TransportMetrics>(),
                provider.GetService<IHostApplicationLifetime>());
        });
    }
}
