using System.Security.Cryptography;
using System.Text;

namespace FileAio.Http;

/// <summary>
/// The frame of a <c>multipart/byteranges</c> body (RFC 9110, 14.6): the bytes before each part and after the last. The Content-Length is
/// therefore known before anything is read.
/// </summary>
internal sealed class MultipartByteRanges
{
    private readonly byte[][] _heads;
    private readonly byte[] _tail;

    public MultipartByteRanges(List<ByteRange> ranges, string partType, long size)
    {
        // Random for each response, so that no file can contain it.
        string boundary = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        ContentType = $"multipart/byteranges; boundary={boundary}";
        _heads = new byte[ranges.Count][];
        _tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        Length = _tail.Length;
        for (int i = 0; i < ranges.Count; i++)
        {
            string head = $"{(i == 0 ? "" : "\r\n")}--{boundary}\r\nContent-Type: {partType}\r\n"
                + $"Content-Range: {ranges[i].ContentRange(size)}\r\n\r\n";
            _heads[i] = Encoding.Latin1.GetBytes(head);
            Length += _heads[i].Length + ranges[i].Length;
        }
    }

    public string ContentType { get; }

    /// <summary>The length of the whole body in bytes.</summary>
    public long Length { get; }

    public ReadOnlyMemory<byte> Head(int part) => _heads[part];

    public ReadOnlyMemory<byte> Tail => _tail;
}
