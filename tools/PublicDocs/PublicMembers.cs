using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PublicDocs;

/// <summary>The public and protected members of an assembly, by documentation id without parameters: overloads are kept together.</summary>
internal static class PublicMembers
{
    public static HashSet<string> Of(string assembly)
    {
        using PEReader file = new(File.OpenRead(assembly));
        MetadataReader reader = file.GetMetadataReader();
        HashSet<string> members = [];
        foreach (TypeDefinitionHandle handle in reader.TypeDefinitions)
        {
            TypeDefinition type = reader.GetTypeDefinition(handle);
            if (IsPublic(reader, type))
            {
                Add(reader, type, members);
            }
        }

        return members;
    }

    /// <summary>The documentation id without its parameters and its generic arity: <c>M:Namespace.Type.Member</c>.</summary>
    public static string KeyOf(string documentationId)
    {
        int parameters = documentationId.IndexOfAny(['(', '~']);
        string name = parameters < 0 ? documentationId : documentationId[..parameters];
        int methodArity = name.IndexOf("``", StringComparison.Ordinal);
        return methodArity < 0 ? name : name[..methodArity];
    }

    private static void Add(MetadataReader reader, TypeDefinition type, HashSet<string> members)
    {
        string name = NameOf(reader, type);
        members.Add($"T:{name}");
        foreach (FieldDefinitionHandle handle in type.GetFields())
        {
            FieldDefinition field = reader.GetFieldDefinition(handle);
            if ((field.Attributes & FieldAttributes.FieldAccessMask)
                is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem)
            {
                members.Add($"F:{name}.{reader.GetString(field.Name)}");
            }
        }

        foreach (MethodDefinitionHandle handle in type.GetMethods())
        {
            MethodDefinition method = reader.GetMethodDefinition(handle);
            if (IsPublic(method))
            {
                members.Add($"M:{name}.{reader.GetString(method.Name).Replace('.', '#')}");
            }
        }

        foreach (PropertyDefinitionHandle handle in type.GetProperties())
        {
            PropertyDefinition property = reader.GetPropertyDefinition(handle);
            PropertyAccessors accessors = property.GetAccessors();
            if (IsPublic(reader, accessors.Getter) || IsPublic(reader, accessors.Setter))
            {
                members.Add($"P:{name}.{reader.GetString(property.Name)}");
            }
        }

        foreach (EventDefinitionHandle handle in type.GetEvents())
        {
            EventDefinition @event = reader.GetEventDefinition(handle);
            if (IsPublic(reader, @event.GetAccessors().Adder))
            {
                members.Add($"E:{name}.{reader.GetString(@event.Name)}");
            }
        }
    }

    private static bool IsPublic(MetadataReader reader, MethodDefinitionHandle handle) =>
        !handle.IsNil && IsPublic(reader.GetMethodDefinition(handle));

    private static bool IsPublic(MethodDefinition method) =>
        (method.Attributes & MethodAttributes.MemberAccessMask)
        is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;

    private static bool IsPublic(MetadataReader reader, TypeDefinition type) => (type.Attributes & TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.Public => true,
        TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem =>
            IsPublic(reader, reader.GetTypeDefinition(type.GetDeclaringType())),
        _ => false,
    };

    private static string NameOf(MetadataReader reader, TypeDefinition type) => type.IsNested
        ? $"{NameOf(reader, reader.GetTypeDefinition(type.GetDeclaringType()))}.{reader.GetString(type.Name)}"
        : $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
}
