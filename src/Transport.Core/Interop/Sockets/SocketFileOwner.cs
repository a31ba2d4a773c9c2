using System.Globalization;
using System.Text;

namespace Transport.Core.Interop.Sockets;

/// <summary>Represents the owner and group of a Unix socket's file: names or numbers, as chown(1) takes them.</summary>
/// <param name="User">The user's id; null keeps it.</param>
/// <param name="Group">The group's id; null keeps it.</param>
internal readonly unsafe record struct SocketFileOwner(uint? User, uint? Group)
{
    /// <summary>The buffer size: enough for a line of /etc/passwd and for a group of a thousand members. An estimate.</summary>
    private const int BufferLength = 64 * 1024;

    /// <summary>(uid_t)-1 keeps the owner.</summary>
    private const uint Unchanged = uint.MaxValue;

    /// <summary>Parses <c>user</c>, <c>user:group</c> or <c>:group</c>.</summary>
    /// <exception cref="IOException">The user or group does not exist.</exception>
    public static SocketFileOwner Parse(string text)
    {
        string[] parts = text.Split(':', 2);
        return new SocketFileOwner(
            parts[0].Length == 0 ? null : Number(parts[0]) ?? FindUser(parts[0]),
            parts.Length < 2 || parts[1].Length == 0 ? null : Number(parts[1]) ?? FindGroup(parts[1]));
    }

    /// <exception cref="IOException">The kernel refused: changing the owner needs CAP_CHOWN.</exception>
    public void Apply(string path)
    {
        // SAFETY: fixed keeps the array in place during the call.
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            SysResult.From(Libc.chown(name, User ?? Unchanged, Group ?? Unchanged)).ThrowIfError($"chown(\"{path}\")");
        }
    }

    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number != Unchanged ? number : null;

    private static uint FindUser(string user)
    {
        byte[] buffer = new byte[BufferLength];
        Libc.passwd entry;
        Libc.passwd* found;

        // SAFETY: fixed keeps the arrays in place during the call; entry's strings point into the buffer and are not read.
        fixed (byte* name = Encoding.UTF8.GetBytes(user + '\0'), strings = buffer)
        {
            int error = Libc.getpwnam_r(name, &entry, strings, (nuint)buffer.Length, &found);
            return found is not null ? entry.pw_uid : throw Missing("user", user, error);
        }
    }

    private static uint FindGroup(string group)
    {
        byte[] buffer = new byte[BufferLength];
        Libc.group entry;
        Libc.group* found;

        // SAFETY: as in FindUser.
        fixed (byte* name = Encoding.UTF8.GetBytes(group + '\0'), strings = buffer)
        {
            int error = Libc.getgrnam_r(name, &entry, strings, (nuint)buffer.Length, &found);
            return found is not null ? entry.gr_gid : throw Missing("group", group, error);
        }
    }

    private static IOException Missing(string kind, string name, int error) =>
        new($"UnixSocketOwner: the {kind} \"{name}\" does not exist{(error == 0 ? "" : $" (errno {error})")}.");
}
