using System.Reflection;
using System.Text;

namespace Transport.Tests.PublicApi;

/// <summary>What an assembly shows to others, a line a member, in an order that does not depend on the compiler.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly)
    {
        StringBuilder text = new StringBuilder();
        foreach (Type? type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(Name(type));
            if (type is { IsEnum: false, IsValueType: false } && type.BaseType is { } parent && parent != typeof(object))
            {
                text.Append(" : ").Append(Name(parent));
            }

            text.Append('\n');
            foreach (string? line in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("  ").Append(line).Append('\n');
            }
        }
        return text.ToString();
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), null)}");
        }

        if (type.IsSubclassOf(typeof(Delegate)))
        {
            return [Signature(type.GetMethod("Invoke")!)];
        }

        List<string> members = new List<string>();
        foreach (ConstructorInfo? constructor in type.GetConstructors(Declared).Where(IsVisible))
        {
            members.Add($"{Access(constructor)}{type.Name}({Parameters(constructor)})");
        }

        foreach (MethodInfo? method in type.GetMethods(Declared).Where(method => IsVisible(method) && !method.IsSpecialName))
        {
            members.Add(Signature(method));
        }

        foreach (PropertyInfo? property in type.GetProperties(Declared).Where(property => property.GetAccessors(true).Any(IsVisible)))
        {
            IOrderedEnumerable<string> accessors = property.GetAccessors(true).Where(IsVisible)
                .Select(accessor => accessor.ReturnType == typeof(void) ? "set" : "get").Order();
            string access = Access(property.GetAccessors(true).First(IsVisible));
            members.Add($"{access}{Name(property.PropertyType)} {property.Name} {{ {string.Join("; ", accessors)}; }}");
        }
        foreach (FieldInfo? field in type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly))
        {
            members.Add($"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{Name(field.FieldType)} {field.Name}");
        }

        return members;
    }

    private static string Signature(MethodInfo method) => $"{Access(method)}{Name(method.ReturnType)} {method.Name}({Parameters(method)})";

    private static string Parameters(MethodBase method)
        => string.Join(", ", method.GetParameters().Select(parameter => $"{Name(parameter.ParameterType)} {parameter.Name}"));

    private static string Access(MethodBase method)
        => (method.IsPublic ? "" : "protected ")
            + (method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method.IsVirtual && !method.IsFinal ? "virtual " : "");

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Kind(Type type) => type.IsEnum ? "enum" : type.IsValueType ? "struct" : type.IsInterface ? "interface"
        : type.IsAbstract && type.IsSealed ? "static class" : type.IsSealed ? "sealed class" : type.IsAbstract ? "abstract class" : "class";

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!) + "&";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        if (!type.IsGenericType)
        {
            return type.FullName ?? type.Name;
        }

        return $"{type.FullName![..type.FullName!.IndexOf('`')]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
