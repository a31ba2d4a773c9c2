using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Transport.Tests.Documentation;

/// <summary>
/// docs/options.md as it follows from the code: options and enumerations with their XML documentation, metrics, log events.
/// </summary>
internal static class OptionsPage
{
    public static string Create(IReadOnlyList<Assembly> assemblies)
    {
        XmlDocumentation documentation = new(assemblies);
        StringBuilder page = new();
        page.Append("# Options, metrics and log events\n\n");
        page.Append("Generated from the code and its XML documentation; a test compares them. "
            + "`UPDATE_DOCS=1 ./build.sh test epoll` rewrites it.\n");
        foreach (Type type in Public(assemblies).Where(IsOptions))
        {
            AppendOptions(page, type, documentation);
        }

        page.Append("\n# Enumerations\n");
        foreach (Type type in Public(assemblies).Where(type => type.IsEnum))
        {
            AppendEnumeration(page, type, documentation);
        }

        AppendMetrics(page, assemblies);
        AppendLogEvents(page, assemblies);
        return page.ToString();
    }

    private static bool IsOptions(Type type) => type.IsClass && type.Name.EndsWith("Options", StringComparison.Ordinal);

    private static IEnumerable<Type> Public(IReadOnlyList<Assembly> assemblies) =>
        assemblies.SelectMany(assembly => assembly.GetExportedTypes()).OrderBy(type => type.FullName, StringComparer.Ordinal);

    private static void AppendOptions(StringBuilder page, Type type, XmlDocumentation documentation)
    {
        PropertyInfo[] properties =
        [
            .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(property => property.SetMethod is { IsPublic: true } || IsOptions(property.PropertyType))
                .OrderBy(property => property.Name, StringComparer.Ordinal),
        ];
        string parent = type.BaseType is { } from && from != typeof(object) ? $" Inherits the options of `{from.Name}`." : "";
        page.Append($"\n## {type.Name}\n\n{documentation.Summary(type)}{parent}\n");
        if (properties.Length == 0)
        {
            return;
        }

        page.Append("\n| Option | Type | |\n|---|---|---|\n");
        foreach (PropertyInfo property in properties)
        {
            page.Append($"| `{property.Name}` | `{TypeName(property.PropertyType)}` | {documentation.Summary(property)} |\n");
        }
    }

    private static void AppendEnumeration(StringBuilder page, Type type, XmlDocumentation documentation)
    {
        page.Append($"\n## {type.Name}\n\n{documentation.Summary(type)}\n\n| Value | |\n|---|---|\n");
        foreach (FieldInfo value in type.GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            page.Append($"| `{value.Name}` | {documentation.Summary(value)} |\n");
        }
    }

    private static void AppendMetrics(StringBuilder page, IReadOnlyList<Assembly> assemblies)
    {
        SortedDictionary<string, Instrument> instruments = new(StringComparer.Ordinal);
        HashSet<string> meters = [];
        using (MeterListener listener = new())
        {
            listener.InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == "FileAio" || instrument.Meter.Name.StartsWith("Transport.", StringComparison.Ordinal))
                {
                    instruments.TryAdd(instrument.Name, instrument);
                    meters.Add(instrument.Meter.Name);
                }
            };
            listener.Start();
            foreach (Type type in assemblies.SelectMany(assembly => assembly.GetTypes())
                .Where(type => type.Name.EndsWith("Metrics", StringComparison.Ordinal)))
            {
                Publish(type);
            }
        }

        page.Append("\n# Metrics\n\n| Meter | Instrument | Kind | Unit | |\n|---|---|---|---|---|\n");
        foreach (Instrument instrument in instruments.Values)
        {
            string kind = instrument.GetType().Name.Replace("Observable", "").Split('`')[0];
            page.Append($"| {instrument.Meter.Name} | `{instrument.Name}` | {kind} | {instrument.Unit} | {instrument.Description} |\n");
        }
    }

    /// <summary>Creates the type's instruments: a static class by its method Attach, an instance class by its constructor.</summary>
    private static void Publish(Type type)
    {
        if (type is { IsAbstract: true, IsSealed: true })
        {
            type.GetMethod("Attach", BindingFlags.Public | BindingFlags.Static, [typeof(IMeterFactory)])?.Invoke(null, [null]);
        }
        else if (type.GetConstructor([typeof(IMeterFactory)]) is { } constructor)
        {
            (constructor.Invoke([null]) as IDisposable)?.Dispose();
        }
    }

    private static void AppendLogEvents(StringBuilder page, IReadOnlyList<Assembly> assemblies)
    {
        page.Append("\n# Log events\n\n| Source | Event | Level | Message |\n|---|---|---|---|\n");
        IEnumerable<(Type Type, LoggerMessageAttribute Event)> events =
            from type in assemblies.SelectMany(assembly => assembly.GetTypes())
            from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            let message = method.GetCustomAttribute<LoggerMessageAttribute>()
            where message is not null
            orderby type.FullName, message.EventId
            select (type, message);
        foreach ((Type type, LoggerMessageAttribute message) in events)
        {
            string? text = message.Message?.Replace("|", "\\|");
            string level = message.Level == LogLevel.None ? "varies" : $"{message.Level}";
            page.Append($"| {type.Name} | {message.EventId} {message.EventName} | {level} | {text} |\n");
        }
    }

    private static string TypeName(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return TypeName(value) + "?";
        }

        string name = type.IsGenericType
            ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(TypeName))}>"
            : type.Name;
        return name switch
        {
            "Int32" => "int",
            "Int64" => "long",
            "Boolean" => "bool",
            "String" => "string",
            "Double" => "double",
            _ => name,
        };
    }
}
