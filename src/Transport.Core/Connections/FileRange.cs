using Microsoft.Win32.SafeHandles;

namespace Transport.Core.Connections;

/// <summary>
/// Bytes of a file in a connection's output. Holds the file open from when it is made until <see cref="Release"/>. Its progress is kept
/// here, by whoever sends: one thread at a time.
/// </summary>
internal sealed class FileRange
{
    private bool _isReleased;

    /// <param name="file">Open; the range holds a reference.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="position">Bytes of the output pipe that come before it.</param>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public FileRange(SafeFileHandle file, long offset, long length, long position)
    {
        bool isHeld = false;
        file.DangerousAddRef(ref isHeld);
        (File, Offset, Length, Remaining, Position) = (file, offset, length, length, position);
    }

    public SafeFileHandle File { get; }

    public int Descriptor => (int)File.DangerousGetHandle();

    /// <summary>All of the range.</summary>
    public long Length { get; }

    /// <summary>Bytes of the output pipe that come before it.</summary>
    public long Position { get; }

    /// <summary>The first byte that has not been sent.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes that have not been sent.</summary>
    public long Remaining { get; private set; }

    /// <summary>sendfile(2) is not to be had for this file: what remains is read and sent.</summary>
    public bool IsRefused { get; set; }

    public void Sent(long bytes)
    {
        Offset += bytes;
        Remaining -= bytes;
    }

    /// <summary>Lets go of the file. Once is enough; further calls do nothing.</summary>
    public void Release()
    {
        if (!_isReleased)
        {
            _isReleased = true;
            File.DangerousRelease();
        }
    }
}
