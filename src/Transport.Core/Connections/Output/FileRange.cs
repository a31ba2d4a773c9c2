using Microsoft.Win32.SafeHandles;

namespace Transport.Core.Connections.Output;

/// <summary>
/// A range of a file in a connection's output. Holds the file open until <see cref="Release"/>. The sender records its progress here, on
/// one thread at a time.
/// </summary>
internal sealed class FileRange
{
    private bool _isReleased;

    /// <param name="file">An open file; the range holds a reference.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="position">The number of bytes of the output pipe that precede it.</param>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public FileRange(SafeFileHandle file, long offset, long length, long position)
    {
        bool isHeld = false;
        file.DangerousAddRef(ref isHeld);
        (File, Offset, Length, Remaining, Position) = (file, offset, length, length, position);
    }

    public SafeFileHandle File { get; }

    public int Descriptor => (int)File.DangerousGetHandle();

    /// <summary>The length of the whole range.</summary>
    public long Length { get; }

    /// <summary>The number of bytes of the output pipe that precede it.</summary>
    public long Position { get; }

    /// <summary>The first byte that has not been sent.</summary>
    public long Offset { get; private set; }

    /// <summary>The number of bytes that have not been sent.</summary>
    public long Remaining { get; private set; }

    /// <summary>sendfile(2) does not support this file: the rest is read and sent as bytes.</summary>
    public bool IsRefused { get; set; }

    public void Sent(long bytes)
    {
        Offset += bytes;
        Remaining -= bytes;
    }

    /// <summary>Releases the file. Further calls do nothing.</summary>
    public void Release()
    {
        if (!_isReleased)
        {
            _isReleased = true;
            File.DangerousRelease();
        }
    }
}
