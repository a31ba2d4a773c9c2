using System.Buffers.Text;

namespace Transport.Core.Interop.Threads;

/// <summary>
/// The idle time of all processors of the machine, from <c>/proc/uptime</c> (proc(5)). In a container it is the host's figure.
/// </summary>
internal static class ProcessorIdleTime
{
    /// <returns>Seconds since the machine was started, in hundredths; null where the file cannot be read.</returns>
    public static double? Read()
    {
        Span<byte> text = stackalloc byte[64];
        ReadOnlySpan<byte> line = ProcFile.Read("/proc/uptime", text);
        return Utf8Parser.TryParse(line[(line.IndexOf((byte)' ') + 1)..], out double seconds, out _) ? seconds : null;
    }
}
