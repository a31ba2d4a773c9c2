using System.ComponentModel;
using System.Reflection;
using Transport.Core;

namespace Soak.Server;

/// <summary>Sets public properties of a transport's options by name: <c>ApplicationScheduling=Inline</c>.</summary>
internal static class OptionSetter
{
    /// <exception cref="FormatException">There is no such option, or the value is not of its type.</exception>
    public static void Apply(TransportOptions options, IEnumerable<string> assignments)
    {
        foreach (string assignment in assignments)
        {
            (string name, string value) = Split(assignment);
            PropertyInfo[] known =
                [.. options.GetType().GetProperties().Where(property => property.CanWrite && Convertible(property) is not null)];
            PropertyInfo property = known.FirstOrDefault(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? throw new FormatException(
                    $"--set {assignment}: {options.GetType().Name} has no option {name}. "
                    + $"Allowed: {string.Join(", ", known.Select(one => one.Name))}.");
            try
            {
                property.SetValue(options, Convertible(property)!.ConvertFromInvariantString(value));
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException or NotSupportedException)
            {
                throw new FormatException(
                    $"--set {assignment}: {value} is not a {property.PropertyType.Name}{Allowed(property.PropertyType)}.", exception);
            }
        }
    }

    /// <summary>Whether an assignment sets this option to this value.</summary>
    public static bool Sets(IEnumerable<string> assignments, string name, string value) => assignments.Select(Split)
        .Any(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
            && one.Value.Equals(value, StringComparison.OrdinalIgnoreCase));

    private static (string Name, string Value) Split(string assignment)
    {
        int at = assignment.IndexOf('=');
        return at > 0 ? (assignment[..at], assignment[(at + 1)..])
            : throw new FormatException($"--set {assignment}: not of the form Name=Value.");
    }

    private static TypeConverter? Convertible(PropertyInfo property)
        => TypeDescriptor.GetConverter(property.PropertyType) is { } converter
            && converter.CanConvertFrom(typeof(string)) ? converter : null;

    private static string Allowed(Type type) => type.IsEnum ? ". Allowed: " + string.Join(", ", Enum.GetNames(type)) : "";
}
