using System.Net;
using System.Net.Sockets;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;

namespace Transport.Core.Listening;

/// <summary>The file of a Unix socket: its owner and permissions, and its removal.</summary>
internal static class UnixSocketFile
{
    /// <summary>The offset of sun_path, after sun_family.</summary>
    private const int PathOffset = 2;

    /// <summary>
    /// How long to wait for another process that creates or removes a socket's file: an estimate, many times what those calls take.
    /// </summary>
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Locks the folder of the file. It is held from bind(2) to listen(2), and from a test of a file to its removal: between bind and
    /// listen the file looks like that of a process that has ended. Disposing null has no effect.
    /// </summary>
    /// <returns>Null for an abstract name, or if the folder cannot be locked.</returns>
    public static FolderLock? Lock(EndPoint endPoint) =>
        endPoint is UnixDomainSocketEndPoint unix && PathOf(unix) is { } path ? Lock(path) : null;

    /// <summary>
    /// Sets owner and permissions, in this order: chown(2) may clear permission bits. Called between bind(2) and listen(2), when connect(2)
    /// still fails with ECONNREFUSED. An abstract name has no file.
    /// </summary>
    /// <exception cref="IOException">The kernel refused, or the user or group does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The process lacks the permission.</exception>
    public static void Apply(UnixDomainSocketEndPoint endPoint, TransportOptions options)
    {
        if (PathOf(endPoint) is not { } path)
        {
            return;
        }

        if (options.UnixSocketOwner is { } owner)
        {
            SocketFileOwner.Parse(owner).Apply(path);
        }

        if (options.UnixSocketMode is { } mode && OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    /// <summary>Deletes the file of an earlier process, if no process listens on it any more. An abstract name has no file.</summary>
    public static void DeleteIfUnused(UnixDomainSocketEndPoint endPoint)
    {
        if (PathOf(endPoint) is { } path)
        {
            DeleteIfUnused(path);
        }
    }

    /// <summary>
    /// Deletes the file if no process listens on it any more: then connect(2) fails with ECONNREFUSED. Files that are no sockets remain,
    /// where connect(2) fails alike.
    /// </summary>
    public static void DeleteIfUnused(string path)
    {
        using FolderLock? folder = Lock(path);
        if (FileIdentity.Of(path) is not { IsSocket: true } file)
        {
            return;
        }

        try
        {
            // With O_NONBLOCK connect(2) fails with EAGAIN instead of waiting while the backlog is full.
            using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            client.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException exception)
        {
            if (exception.SocketErrorCode == SocketError.ConnectionRefused && FileIdentity.Of(path) == file)
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Deletes the file if it is this one: another process may have replaced it.</summary>
    public static void DeleteIfSame(string path, FileIdentity? file)
    {
        using FolderLock? folder = Lock(path);
        if (FileIdentity.Of(path) == file)
        {
            File.Delete(path);
        }
    }

    /// <summary>
    /// Returns the folder of the file if it does not exist. bind(2) fails with ENOENT then, and .NET words that as an address that cannot
    /// be assigned.
    /// </summary>
    public static string? MissingFolder(UnixDomainSocketEndPoint endPoint) =>
        PathOf(endPoint) is { } path && Path.GetDirectoryName(path) is { Length: > 0 } folder && !Directory.Exists(folder) ? folder : null;

    private static FolderLock? Lock(string path) =>
        Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder ? FolderLock.TryTake(folder, LockLimit) : null;

    private static string? PathOf(UnixDomainSocketEndPoint endPoint)
    {
        SocketAddress address = endPoint.Serialize();
        return address.Size <= PathOffset || address[PathOffset] == 0 ? null : endPoint.ToString();
    }
}
