using System.Globalization;
using System.Runtime.CompilerServices;
using FileAio.Buffers;
using FileAio.Composition;
using FileAio.Files;
using FileAio.Interop;
using FileAio.Reading;
using Microsoft.AspNetCore.Http;

namespace FileAio.Requests;

/// <summary>
/// The field Repr-Digest (RFC 9530, 3): the SHA-256 digest of the whole representation, also of one that is sent in part. It is read from
/// where <see cref="DirectIoFileOptions.ReprDigest"/> says, never computed.
/// </summary>
internal static class ReprDigest
{
    private const string Name = "Repr-Digest", Extension = ".sha256";
    private const int Digits = 64;

    // A backslash, the digits, and the space after them.
    private const int MostText = Digits + 2;

    /// <summary>Returns the value of the field; null if the file has no valid digest.</summary>
    /// <param name="serving">The mount.</param>
    /// <param name="context">The request.</param>
    /// <param name="file">The file, which is the precompressed one if such a one is sent.</param>
    /// <param name="name">Its path below the root.</param>
    public static async ValueTask<string?> FindAsync(FileServing serving, HttpContext context, OpenedFile file, string name)
    {
        if (serving.Options.ReprDigest == ReprDigestSource.XAttr)
        {
            return OfAttribute(file);
        }

        OpenResult opened = await serving.OpenAsync(name + Extension, context);
        if (opened.File is not { } sidecar)
        {
            return null;
        }

        try
        {
            string? digest = IsOlder(sidecar.Facts, file.Facts) ? null : await ReadAsync(serving, context, sidecar);
            return digest is not null && await IsCurrentAsync(serving, context, file, name) ? digest : null;
        }
        finally
        {
            sidecar.Release();
        }
    }

    /// <summary>
    /// Sets the field. If other middleware encodes the response (compression), the representation is another one, and the field is removed
    /// before the header is sent.
    /// </summary>
    public static void Set(HttpResponse response, string value)
    {
        string coding = response.Headers.ContentEncoding.ToString();
        response.Headers[Name] = value;
        response.OnStarting(
            static state =>
            {
                (HttpResponse response, string coding) = ((HttpResponse, string))state;
                if (response.Headers.ContentEncoding.ToString() != coding)
                {
                    response.Headers.Remove(Name);
                }

                return Task.CompletedTask;
            },
            (response, coding));
    }

    /// <summary>Parses the digits. Returns null if they are not a digest.</summary>
    internal static string? Parse(ReadOnlySpan<byte> text)
    {
        // sha256sum marks a line whose file name it has escaped: one with a backslash or a line break.
        if (text.StartsWith((byte)'\\'))
        {
            text = text[1..];
        }

        if (text.Length < Digits || (text.Length > Digits && !char.IsWhiteSpace((char)text[Digits])))
        {
            return null;
        }

        Span<byte> digest = stackalloc byte[Digits / 2];
        for (int i = 0; i < digest.Length; i++)
        {
            if (!byte.TryParse(text.Slice(2 * i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out digest[i]))
            {
                return null;
            }
        }

        return $"sha-256=:{Convert.ToBase64String(digest)}:";
    }

    /// <summary>
    /// Whether the path still names the file. If both were replaced after the file was opened, the sidecar is that of the next one.
    /// </summary>
    private static async ValueTask<bool> IsCurrentAsync(FileServing serving, HttpContext context, OpenedFile file, string name)
    {
        OpenResult opened = await serving.OpenAsync(name, context);
        if (opened.File is not { } current)
        {
            return false;
        }

        bool isSame = current.Facts.SameInode(file.Facts);
        current.Release();
        return isSame;
    }

    /// <summary>
    /// By the times of modification and of change. A file that was replaced by a version with an older time of modification (rsync -t,
    /// a rollback) has been changed after its sidecar.
    /// </summary>
    private static bool IsOlder(in FileFacts one, in FileFacts other) =>
        (one.ModifiedSeconds, one.ModifiedNanoseconds).CompareTo((other.ModifiedSeconds, other.ModifiedNanoseconds)) < 0
        || (one.ChangedSeconds, one.ChangedNanoseconds).CompareTo((other.ChangedSeconds, other.ChangedNanoseconds)) < 0;

    [SkipLocalsInit]
    private static string? OfAttribute(OpenedFile file)
    {
        Span<byte> text = stackalloc byte[Digits + 1];
        SysResult read = Libc.GetAttribute(file.Descriptor, "user.sha256\0"u8, text);
        return read.IsError ? null : Parse(text[..(int)read.Value]);
    }

    private static async ValueTask<string?> ReadAsync(FileServing serving, HttpContext context, OpenedFile sidecar)
    {
        byte[] text = new byte[MostText];
        CachedReader reader = new(sidecar, serving.Options.Aio == AioMode.Off);
        SysResult read = reader.CanRead ? reader.Read(text, 0) : SysResult.Error(Errno.EAGAIN);
        if (read.Errno != Errno.EAGAIN)
        {
            return read.IsError ? null : Parse(text.AsSpan(0, (int)read.Value));
        }

        // Not cached: an engine waits for the disk.
        AlignedBufferPool pool = serving.Runtime.Buffers;
        if (await pool.RentAsync(text.Length, serving.Options.QueueTimeout, context.RequestAborted) is not { } buffer)
        {
            return null;
        }

        try
        {
            read = await buffer.Read.StartAsync(
                serving.Runtime.BufferedOf(context.Features), sidecar.Descriptor, buffer.Address, text.Length, 0);
            return read.IsError ? null : Parse(buffer.Memory.Span[..(int)read.Value]);
        }
        finally
        {
            pool.Return(buffer);
        }
    }
}
