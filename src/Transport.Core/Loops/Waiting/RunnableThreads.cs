using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Transport.Core.Loops.Waiting;

/// <summary>
/// The threads of the whole machine that run or wait for a processor, from <c>/proc/loadavg</c> (proc(5)). In a container it is the host's
/// figure. A read takes some microseconds.
/// </summary>
internal static class RunnableThreads
{
    private static readonly SafeFileHandle? s_file = TryOpen();

    /// <returns>How many, the calling thread among them; 0 where the file cannot be read.</returns>
    public static int Count()
    {
        if (s_file is null)
        {
            return 0;
        }

        try
        {
            // 0.20 0.18 0.12 1/80 11206: the fourth field is runnable/all.
            Span<byte> text = stackalloc byte[128];
            ReadOnlySpan<byte> line = text[..RandomAccess.Read(s_file, text, 0)];
            for (int field = 0; field < 3; field++)
            {
                line = line[(line.IndexOf((byte)' ') + 1)..];
            }

            return Utf8Parser.TryParse(line, out int runnable, out _) ? runnable : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static SafeFileHandle? TryOpen()
    {
        try
        {
            return File.OpenHandle("/proc/loadavg");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
