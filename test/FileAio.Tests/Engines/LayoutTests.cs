using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using FileAio.Interop;

namespace FileAio.Tests.Engines;

/// <summary>The kernel's layouts and constants, as the machine's C compiler knows them.</summary>
public sealed class LayoutTests
{
    [Fact]
    public unsafe void Layouts_and_constants_are_C_s()
    {
        Assert.SkipWhen(CCompiler.Unavailable is not null, CCompiler.Unavailable ?? "");
        Dictionary<string, long> ours = new Dictionary<string, long>
        {
            ["sizeof(struct iocb)"] = sizeof(Libc.iocb),
            ["sizeof(struct io_event)"] = sizeof(Libc.io_event),
            ["sizeof(struct aiocb)"] = sizeof(Libc.aiocb),
            ["sizeof(struct statx)"] = sizeof(statx),
            ["sizeof(struct open_how)"] = sizeof(Libc.open_how),
            ["sizeof(struct iovec)"] = sizeof(iovec),
            ["sizeof(struct statfs)"] = sizeof(Libc.statfs),
            ["O_DIRECT"] = Libc.O_DIRECT,
            ["O_DIRECTORY"] = Libc.O_DIRECTORY,
            ["O_NOFOLLOW"] = Libc.O_NOFOLLOW,
            ["O_CLOEXEC"] = Fcntl.O_CLOEXEC,
            ["O_NONBLOCK"] = Fcntl.O_NONBLOCK,
            ["O_NOCTTY"] = Libc.O_NOCTTY,
            ["O_PATH"] = Libc.O_PATH,
            ["AT_FDCWD"] = Libc.AT_FDCWD,
            ["AT_EMPTY_PATH"] = FileStat.AT_EMPTY_PATH,
            ["RESOLVE_NO_MAGICLINKS"] = (long)Libc.RESOLVE_NO_MAGICLINKS,
            ["RESOLVE_NO_SYMLINKS"] = (long)Libc.RESOLVE_NO_SYMLINKS,
            ["RESOLVE_BENEATH"] = (long)Libc.RESOLVE_BENEATH,
            ["RESOLVE_CACHED"] = (long)Libc.RESOLVE_CACHED,
            ["AT_STATX_DONT_SYNC"] = FileStat.AT_STATX_DONT_SYNC,
            ["STATX_MNT_ID"] = FileStat.STATX_MNT_ID,
            ["STATX_BASIC_STATS"] = FileStat.STATX_BASIC_STATS,
            ["RWF_NOWAIT"] = Libc.RWF_NOWAIT,
            ["POSIX_FADV_SEQUENTIAL"] = Libc.POSIX_FADV_SEQUENTIAL,
            ["EXT4_SUPER_MAGIC"] = Libc.EXT4_SUPER_MAGIC,
            ["XFS_SUPER_MAGIC"] = Libc.XFS_SUPER_MAGIC,
            ["BTRFS_SUPER_MAGIC"] = Libc.BTRFS_SUPER_MAGIC,
            ["F2FS_SUPER_MAGIC"] = Libc.F2FS_SUPER_MAGIC,
            ["OVERLAYFS_SUPER_MAGIC"] = Libc.OVERLAYFS_SUPER_MAGIC,
            ["TMPFS_MAGIC"] = Libc.TMPFS_MAGIC,
            ["RAMFS_MAGIC"] = Libc.RAMFS_MAGIC,
            ["IOCB_CMD_PREAD"] = Libc.IOCB_CMD_PREAD,
            ["LIO_READ"] = Libc.LIO_READ,
            ["LIO_NOWAIT"] = Libc.LIO_NOWAIT,
            ["SIGEV_NONE"] = Libc.SIGEV_NONE,
            ["AIO_NOTCANCELED"] = Libc.AIO_NOTCANCELED,
            ["EFD_CLOEXEC"] = EventFd.EFD_CLOEXEC,
            ["EINPROGRESS"] = Shared.Interop.Errno.EINPROGRESS,
            ["PROT_READ"] = Libc.PROT_READ,
            ["PROT_WRITE"] = Libc.PROT_WRITE,
            ["MAP_PRIVATE"] = Libc.MAP_PRIVATE,
            ["MAP_ANONYMOUS"] = Libc.MAP_ANONYMOUS,
            ["MAP_POPULATE"] = Libc.MAP_POPULATE,
            ["MADV_DONTNEED"] = Libc.MADV_DONTNEED,
            ["MADV_DONTFORK"] = Libc.MADV_DONTFORK,
            ["IPPROTO_TCP"] = Libc.IPPROTO_TCP,
            ["TCP_INFO"] = Libc.TCP_INFO,
            ["S_IFMT"] = FileStat.S_IFMT,
            ["S_IFREG"] = FileStat.S_IFREG,
            ["S_IFDIR"] = FileStat.S_IFDIR,
            ["S_IFLNK"] = FileStat.S_IFLNK,
        };
        Add<Libc.iocb>(ours, "struct iocb", "aio_data", "aio_lio_opcode", "aio_fildes", "aio_buf", "aio_nbytes", "aio_offset", "aio_flags",
            "aio_resfd");
        Add<Libc.io_event>(ours, "struct io_event", "data", "obj", "res", "res2");
        Add<Libc.aiocb>(ours, "struct aiocb", "aio_fildes", "aio_lio_opcode", "aio_reqprio", "aio_buf", "aio_nbytes", "__error_code",
            "aio_offset");
        Add<statx>(ours, "struct statx", "stx_mask", "stx_nlink", "stx_uid", "stx_mode", "stx_ino", "stx_size", "stx_ctime",
            "stx_mtime", "stx_dev_major", "stx_dev_minor", "stx_mnt_id");
        Add<Libc.tcp_info>(ours, "struct tcp_info", "tcpi_snd_mss", "tcpi_unacked", "tcpi_bytes_acked", "tcpi_notsent_bytes");
        ours["offsetof(struct aiocb, aio_sigevent.sigev_notify)"] = Marshal.OffsetOf<Libc.aiocb>("sigev_notify");

        string lines = string.Concat(ours.Keys.Select(name => $"    printf(\"%lld\\n\", (long long)({name}));\n"));
        string program = CCompiler.BuildProgram($$"""
            #define _GNU_SOURCE
            #include <aio.h>
            #include <errno.h>
            #include <fcntl.h>
            #include <linux/aio_abi.h>
            #include <linux/magic.h>
            #include <linux/openat2.h>
            #include <linux/tcp.h>
            #include <netinet/in.h>
            #include <stddef.h>
            #include <stdio.h>
            #include <sys/eventfd.h>
            #include <sys/mman.h>
            #include <sys/stat.h>
            #include <sys/uio.h>
            #include <sys/vfs.h>
            int main(void) {
            {{lines}}
                return 0;
            }
            """, "fileaio-layouts");
        using Process process = Process.Start(new ProcessStartInfo(program) { RedirectStandardOutput = true })!;
        long[] theirs = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => long.Parse(line, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(ours.Count, theirs.Length);
        Assert.All(ours.Zip(theirs),
            pair => Assert.True(pair.First.Value == pair.Second, $"{pair.First.Key} is {pair.Second}, not {pair.First.Value}"));
    }

    private static void Add<T>(Dictionary<string, long> ours, string type, params string[] fields)
    {
        foreach (string field in fields)
        {
            ours[$"offsetof({type}, {field})"] = Marshal.OffsetOf<T>(field);
        }
    }
}
