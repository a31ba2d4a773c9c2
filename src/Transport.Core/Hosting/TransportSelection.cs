using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Shared;
using Transport.Core.Diagnostics;

namespace Transport.Core.Hosting;

/// <summary>
/// Reads <c>Kestrel:Transport:Use</c>, which selects one of the registered transports for all end points; <c>sockets</c> selects none of ours.
/// </summary>
internal sealed class TransportSelection
{
    public const string Section = "Kestrel:Transport";
    public const string Sockets = "sockets";
    private const string UseKey = "Use";

    /// <exception cref="OptionsValidationException">The value names no registered transport, or a value below <c>Kestrel:Transport</c> is
    /// no option.</exception>
    public TransportSelection(IConfiguration configuration, IEnumerable<TransportName> registered, ILoggerFactory loggers)
    {
        List<TransportName> names = [.. registered.Distinct()];
        IConfigurationSection section = configuration.GetSection(Section);
        ILogger logger = new GuardedLogger(loggers.CreateLogger(TransportLog.StartCategory));
        CheckKeys(section, names, logger);

        string? use = section[UseKey]?.Trim();
        if (string.IsNullOrEmpty(use))
        {
            return;
        }

        List<string> allowed = [.. names.Select(static name => name.ToString()), Sockets];
        Selected = allowed.Find(name => name.Equals(use, StringComparison.OrdinalIgnoreCase)) ?? throw Refused(
            $"{Section}:{UseKey} is \"{use}\"; the nearest is {ConfigurationKeys.Nearest(use, allowed)}. "
            + $"Allowed: {string.Join(", ", allowed)} (the transports that are registered).");
        TransportLog.TransportSelected(logger, Selected, string.Join(", ", names));
    }

    /// <summary>The name of the transport for all end points; null if configuration selects none.</summary>
    public string? Selected { get; }

    /// <summary>Whether this transport may take end points.</summary>
    public bool Allows(string transport) => Selected is null || Selected.Equals(transport, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// A value that is no option fails the start. A section of a transport that is not registered may be meant for another start of the
    /// application, so it causes a warning.
    /// </summary>
    private static void CheckKeys(IConfigurationSection section, List<TransportName> names, ILogger logger)
    {
        foreach (IConfigurationSection child in section.GetChildren())
        {
            bool isUse = child.Key.Equals(UseKey, StringComparison.OrdinalIgnoreCase);
            bool hasKeys = child.GetChildren().Any();
            string keys = string.Join(", ", names.Select(static name => name.Key).Prepend(UseKey));
            if (isUse && hasKeys)
            {
                throw Refused($"{Section}:{UseKey} has keys below it; allowed: one value.");
            }

            if (isUse || names.Exists(name => name.Key.Equals(child.Key, StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            string nearest = ConfigurationKeys.Nearest(child.Key, names.Select(static name => name.Key).Prepend(UseKey));
            if (!hasKeys)
            {
                throw Refused($"{Section}:{child.Key} is not an option; the nearest is {nearest}. Allowed: {keys}.");
            }

            TransportLog.UnusedSection(logger, child.Path, nearest, keys);
        }
    }

    private static OptionsValidationException Refused(string failure) => new(Section, typeof(TransportSelection), [failure]);
}
