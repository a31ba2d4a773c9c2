using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Transport.Core.Diagnostics;
using Transport.Core.HandOver;
using Transport.Core.Health;
using Transport.Core.SendFile;
using Transport.Core.Systemd;

namespace Transport.Core.Hosting;

/// <summary>Registers the transport of one model. All <c>Use…Transport</c> methods of that model call it.</summary>
internal sealed class TransportRegistration<[DynamicallyAccessedMembers(
    DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>
    where TOptions : TransportOptions
{
    private readonly TransportName _name;
    private readonly Action<OptionsBuilder<TOptions>, string> _bind;
    private readonly Func<TOptions, IServiceProvider, IoModel> _model;
    private readonly Action<IServiceCollection>? _addServices;

    /// <param name="name">The name of the configuration section below <c>Kestrel:Transport</c>.</param>
    /// <param name="bind">Calls <c>BindConfiguration</c> with the given section. In the model's own project, because the source-generated
    /// binder reads the options type from the call.</param>
    /// <param name="model">Creates the model when Kestrel is created.</param>
    /// <param name="addServices">Adds the services that <paramref name="model"/> needs; null for none.</param>
    public TransportRegistration(
        string name,
        Action<OptionsBuilder<TOptions>, string> bind,
        Func<TOptions, IServiceProvider, IoModel> model,
        Action<IServiceCollection>? addServices = null)
    {
        _name = new TransportName(name);
        _bind = bind;
        _model = model;
        _addServices = addServices;
    }

    public IWebHostBuilder AddTo(IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => AddTo(services));
    }

    public IWebHostBuilder AddTo(IWebHostBuilder builder, Action<TOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigureServices(services => AddTo(services, configure));
    }

    public IServiceCollection AddTo(IServiceCollection services, Action<TOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return AddTo(services).Configure(configure);
    }

    /// <summary>
    /// Adds the transport as a listener factory. Kestrel asks factories in the reverse order of their registration, so the last call wins.
    /// <see cref="SocketsRegistration"/> recognizes the factory of <c>UseSockets()</c>. Sockets remains registered, for end points that no
    /// other transport takes.
    /// </summary>
    public IServiceCollection AddTo(IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (!OperatingSystem.IsLinux())
        {
            return services;
        }

        // Validated before binding: the binder ignores unknown keys, and does not name the allowed values.
        services.AddSingleton<IConfigureOptions<TOptions>>(provider =>
            new SectionValidator<TOptions>(Configuration(provider), _name.Section));
        OptionsBuilder<TOptions> options = services.AddOptions<TOptions>();
        _bind(options, _name.Section);
        options.ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, TransportOptionsValidator<TOptions>>());

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, SendFileStartupFilter>());
        services.TryAddSingleton<DrainState>();
        services.TryAddSingleton<ListeningEndPoints>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, DrainStartupFilter>());
        services.TryAddSingleton(static provider => new ListenerHandOvers(
            provider.GetService<IHostApplicationLifetime>(), provider.GetRequiredService<ILoggerFactory>()));
        services.TryAddSingleton(static provider => new DescriptorStore(
            Environment.GetEnvironmentVariable,
            provider.GetRequiredService<IHostApplicationLifetime>(),
            new GuardedLogger(provider.GetRequiredService<ILoggerFactory>().CreateLogger(TransportLog.StartCategory))));
        services.TryAddSingleton(static provider => new Lazy<DescriptorStore>(provider.GetRequiredService<DescriptorStore>));
        services.TryAddSingleton(static provider => new TransportMetrics(provider.GetService<IMeterFactory>()));
        services.AddSingleton(_name);
        services.TryAddSingleton(static provider => new TransportSelection(
            Configuration(provider), provider.GetServices<TransportName>(), provider.GetRequiredService<ILoggerFactory>()));
        _addServices?.Invoke(services);

        // UseKestrel adds Sockets only if no factory is registered yet.
        services.TryAddSingleton<IConnectionListenerFactory, SocketTransportFactory>();
        ServiceDescriptor? factory = null;
        factory = ServiceDescriptor.Singleton<IConnectionListenerFactory>(
            provider => Create(provider, isLast: !SocketsRegistration.IsAfter(services, factory!)));
        services.Add(factory);
        return services;
    }

    private static IConfiguration Configuration(IServiceProvider provider) =>
        provider.GetService<IConfiguration>() ?? new ConfigurationBuilder().Build();

    private TransportFactory Create(IServiceProvider provider, bool isLast)
    {
        TOptions options = provider.GetRequiredService<IOptions<TOptions>>().Value;
        return new TransportFactory(
            _model(options, provider),
            options,
            provider.GetRequiredService<TransportSelection>(),
            isLast,
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<IMemoryPoolFactory<byte>>(),
            provider.GetRequiredService<TransportMetrics>(),
            provider.GetRequiredService<ListenerHandOvers>(),
            provider.GetRequiredService<Lazy<DescriptorStore>>(),
            provider.GetRequiredService<DrainState>(),
            provider.GetRequiredService<ListeningEndPoints>(),
            provider.GetService<IHostApplicationLifetime>());
    }
}
