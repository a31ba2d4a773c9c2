using System.Diagnostics.CodeAnalysis;

namespace FileAio.Engines.Uring;

/// <summary>The size of the rings of a server.</summary>
/// <param name="Requests">The maximum number of operations in flight, for each ring.</param>
/// <param name="MaxQueue">The maximum number of opens, and of reads, that wait, for each ring.</param>
/// <param name="Workers">The maximum number of kernel threads, for each ring.</param>
internal readonly record struct UringSetup(int Requests, int MaxQueue, int Workers)
{
    /// <summary>The name of the engine in logs, metrics and status pages.</summary>
    public const string Name = "io_uring";

    public static UringSetup Of(DirectIoFileOptions options) => new(options.AioRequests, options.MaxQueue, options.Threads);

    /// <summary>Whether another engine has to make the read: the kernel has no memory for it, or it cannot wait for this file.</summary>
    public static bool IsShortage(SysResult result) => result.Errno is Errno.EAGAIN or Errno.ENOMEM;

    /// <summary>Creates a ring whose completions signal an eventfd.</summary>
    public bool TryCreateRing(int eventFd, [NotNullWhen(true)] out FileRing? ring, out string refusal)
    {
        try
        {
            ring = new FileRing(Requests, MaxQueue, Workers, eventFd);
            refusal = "";
            return true;
        }
        catch (IOException refused)
        {
            ring = null;
            refusal = refused.Message;
            return false;
        }
    }
}
