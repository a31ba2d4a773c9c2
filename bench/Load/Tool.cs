namespace Bench.Load;

/// <summary>An external program and the Debian package that contains it.</summary>
internal sealed record Tool(string Command, string Package)
{
    public static readonly Tool Wrk = new("wrk", "wrk");
    public static readonly Tool H2load = new("h2load", "nghttp2-client");
    public static readonly Tool Perf = new("perf", "linux-perf");
    public static readonly Tool Nginx = new("nginx", "nginx-light");
    public static readonly Tool Prlimit = new("prlimit", "util-linux");

    /// <summary>The path of the command; null when it is not in PATH.</summary>
    public string? Path => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Append("/usr/sbin")
        .Select(folder => System.IO.Path.Combine(folder, Command))
        .FirstOrDefault(File.Exists);

    public bool IsHere => Path is not null;

    /// <summary>The message when the command is missing: "wrk is not installed (apt package wrk)".</summary>
    public string Missing => $"{Command} is not installed (apt package {Package})";
}
