using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Transport.Tests.Interop;

/// <summary>Asks a C compiler what the headers say, and compares.</summary>
internal static class CComparison
{
    /// <param name="headers">To include, such as sys/socket.h.</param>
    /// <param name="expressions">A C expression each, and what C# takes it to be.</param>
    public static void Holds(string[] headers, params (string Expression, long Value)[] expressions)
    {
        Assert.SkipWhen(CCompiler.Unavailable is not null, CCompiler.Unavailable ?? "");
        StringBuilder source = new StringBuilder("#define _GNU_SOURCE\n#include <stddef.h>\n#include <stdio.h>\n");
        foreach (string header in headers)
        {
            source.Append(CultureInfo.InvariantCulture, $"#include <{header}>\n");
        }

        source.Append("int main(void) {\n");
        foreach ((string? expression, long _) in expressions)
        {
            source.Append(CultureInfo.InvariantCulture, $"    printf(\"%lld\\n\", (long long)({expression}));\n");
        }

        source.Append("    return 0;\n}\n");

        string program = CCompiler.BuildProgram(source.ToString(), "headers");
        using Process process = Process.Start(new ProcessStartInfo(program) { RedirectStandardOutput = true })!;
        string[] answers = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        string[] wrong = expressions.Zip(answers,
            (mine, header) => (mine.Expression, mine.Value, Header: long.Parse(header, CultureInfo.InvariantCulture)))
            .Where(row => row.Value != row.Header).Select(row => $"{row.Expression} is {row.Header}, not {row.Value}").ToArray();
        Assert.Equal(expressions.Length, answers.Length);
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    /// <summary>Every constant of a type that is named as in C: those that the headers know under their name.</summary>
    public static (string, long)[] ConstantsOf(Type type)
    {
        FieldInfo[] fields = type.GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public
            | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.DeclaredOnly);
        return [.. fields.Where(field => field.IsLiteral && !field.Name.Any(char.IsLower) && field.FieldType != typeof(string))
            .Select(field => (field.Name, Convert.ToInt64(field.GetRawConstantValue(), null)))];
    }

    /// <summary>Size, and each field's offset and size, of a struct named and spelled as in C.</summary>
    public static (string, long)[] LayoutOf<T>(string? cName = null) where T : unmanaged
    {
        string name = cName ?? "struct " + typeof(T).Name;
        List<(string, long)> rows = new List<(string, long)> { ($"sizeof({name})", System.Runtime.CompilerServices.Unsafe.SizeOf<T>()) };
        foreach (FieldInfo field in typeof(T).GetFields(
            System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic))
        {
            rows.Add(($"offsetof({name}, {field.Name})", System.Runtime.InteropServices.Marshal.OffsetOf<T>(field.Name)));
        }

        return [.. rows];
    }
}
