using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Test.Shared;

/// <summary>The machine's C compiler, for what only C can say: the kernel's layouts, and what is put in libc's place.</summary>
public static class CCompiler
{
    private static readonly Lazy<string?> Reason = new(Probe);

    /// <summary>Why there is none; null where there is one.</summary>
    public static string? Unavailable => Reason.Value;

    /// <summary>Compiles once a source: the result is named after what it is made of.</summary>
    public static string BuildSharedLibrary(string source, string name) => Build(source, name, ".so", "-shared -fPIC -O2 -Wall -Werror");

    public static string BuildProgram(string source, string name) => Build(source, name, "", "-O1 -Wall -Werror");

    private static string Build(string source, string name, string extension, string flags)
    {
        if (Unavailable is { } reason)
        {
            throw new InvalidOperationException(reason);
        }

        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(flags + source)))[..12];
        string folder = Path.Combine(AppContext.BaseDirectory, "native");
        Directory.CreateDirectory(folder);
        string output = Path.Combine(folder, $"{name}-{digest}{extension}");
        if (File.Exists(output))
        {
            return output;
        }
        // Built aside and moved into place, since two test hosts may do this at once.
        string aside = $"{output}.{Environment.ProcessId}";
        string code = aside + ".c";
        File.WriteAllText(code, source);
        Run("gcc", $"{flags} -o \"{aside}\" \"{code}\" -ldl -pthread");
        File.Delete(code);
        File.Move(aside, output, overwrite: true);
        return output;
    }

    private static string Run(string program, string arguments)
    {
        using Process process =
            Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Result : throw new InvalidOperationException($"{program} {arguments}: {errors}");
    }

    private static string? Probe()
    {
        try
        {
            Run("gcc", "--version");
            return null;
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            return "No C compiler here: " + exception.Message;
        }
    }
}
