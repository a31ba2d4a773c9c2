using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Transport.Core.ProxyProtocol;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Adds the PROXY protocol to end points.</summary>
public static class ProxyProtocolListenOptionsExtensions
{
    /// <summary>
    /// Reads the PROXY protocol header, version 1 or 2, and sets the connection's addresses from it. haproxy, nginx, Envoy and cloud load
    /// balancers send it before the client's data. Call it before <c>UseHttps</c>. Works on every transport, including Kestrel's own. The
    /// header is required: a connection without one is reset, and so is one from outside the trusted networks.
    /// </summary>
    /// <param name="listenOptions">The end point.</param>
    /// <param name="trustedNetworks">The networks of the proxies. Default if none is given: the loopback addresses.</param>
    /// <returns><paramref name="listenOptions"/>.</returns>
    public static ListenOptions UseProxyProtocol(this ListenOptions listenOptions, params System.Net.IPNetwork[] trustedNetworks)
    {
        ArgumentNullException.ThrowIfNull(trustedNetworks);
        return listenOptions.UseProxyProtocol(options =>
        {
            if (trustedNetworks.Length > 0)
            {
                options.TrustedNetworks.Clear();
            }

            foreach (System.Net.IPNetwork network in trustedNetworks)
            {
                options.TrustedNetworks.Add(network);
            }
        });
    }

    /// <inheritdoc cref="UseProxyProtocol(ListenOptions, System.Net.IPNetwork[])"/>
    /// <param name="listenOptions">The end point.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static ListenOptions UseProxyProtocol(this ListenOptions listenOptions, Action<ProxyProtocolOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(listenOptions);
        ArgumentNullException.ThrowIfNull(configure);
        ProxyProtocolOptions options = new();
        configure(options);
        options.Validate();
        ILogger logger = listenOptions.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(ProxyProtocolLog.Category);
        listenOptions.Use(next => new ProxyProtocolMiddleware(next, options, logger).OnConnectionAsync);
        return listenOptions;
    }
}
