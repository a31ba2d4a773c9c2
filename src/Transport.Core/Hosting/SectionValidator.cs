using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Shared;

namespace Transport.Core.Hosting;

/// <summary>
/// Validates a transport's configuration section before it is bound. The binder ignores unknown keys, and its exception for an invalid
/// value does not name the allowed values.
/// </summary>
internal sealed class SectionValidator<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
    IConfiguration configuration, string section) : IConfigureOptions<TOptions>
    where TOptions : TransportOptions
{
    /// <exception cref="OptionsValidationException">A key is not an option, or a value cannot be parsed. The message names all of them and
    /// the allowed values.</exception>
    public void Configure(TOptions options)
    {
        IConfigurationSection values = configuration.GetSection(section);
        List<PropertyInfo> properties =
        [
            .. typeof(TOptions).GetProperties()
                .Where(static property => property.CanWrite && !typeof(Delegate).IsAssignableFrom(property.PropertyType)),
        ];
        List<string> failures = [.. ConfigurationKeys.Unknown(values, section, [.. properties.Select(static property => property.Name)])];
        foreach (PropertyInfo property in properties)
        {
            IConfigurationSection value = values.GetSection(property.Name);
            if (value.GetChildren().Any())
            {
                failures.Add($"{section}:{property.Name} has keys below it; allowed: one value.");
            }
            else if (value.Value is { Length: > 0 } text && Refusal(property.PropertyType, text) is { } allowed)
            {
                failures.Add($"{section}:{property.Name} is \"{text}\"; allowed: {allowed}.");
            }
        }

        if (failures.Count > 0)
        {
            throw new OptionsValidationException(section, typeof(TOptions), failures);
        }
    }

    /// <summary>
    /// Returns the allowed values if the text cannot be parsed as the type; null if it can. The options check ranges themselves.
    /// </summary>
    private static string? Refusal(Type type, string text)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum)
        {
            return EnumRefusal(type, text);
        }

        if (type == typeof(TimeSpan))
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out _)
                ? null
                : "a time such as 00:00:30 (hours, minutes, seconds)";
        }

        return Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => bool.TryParse(text, out _) ? null : "true, false",
            TypeCode.Int32 => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _)
                ? null
                : $"a whole number up to {int.MaxValue}",
            TypeCode.Int64 => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _)
                ? null
                : $"a whole number up to {long.MaxValue}",
            _ => null,
        };
    }

    /// <summary>Enum values are allowed by name only, not by number. Several names, separated by commas, are allowed for flags.</summary>
    private static string? EnumRefusal(Type type, string text)
    {
        bool isFlags = type.IsDefined(typeof(FlagsAttribute), inherit: false);
        string[] names = type.GetEnumNames();
        string[] given = isFlags ? text.Split(',', StringSplitOptions.TrimEntries) : [text.Trim()];
        string? wrong = given.FirstOrDefault(name => !names.Contains(name, StringComparer.OrdinalIgnoreCase));
        string list = isFlags ? " (one or several, separated by commas)" : "";
        return wrong is null ? null : $"{string.Join(", ", names)}{list}; the nearest is {ConfigurationKeys.Nearest(wrong, names)}";
    }
}
