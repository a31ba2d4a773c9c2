using Microsoft.Win32.SafeHandles;

namespace Transport.Core.Interop.Threads;

/// <summary>Reads the short files of proc(5).</summary>
internal static class ProcFile
{
    /// <summary>About 10 µs: one open, read and close.</summary>
    /// <returns>The beginning of the file; empty if it cannot be read, as where /proc is not mounted.</returns>
    public static ReadOnlySpan<byte> Read(string path, Span<byte> buffer)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite);
            return buffer[..RandomAccess.Read(file, buffer, 0)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
