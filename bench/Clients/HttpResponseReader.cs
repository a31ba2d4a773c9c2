using System.Buffers.Text;
using System.Text;

namespace Bench.Clients;

/// <summary>Reads HTTP/1.1 responses of status 200 or 206 with a Content-Length; any other response is an error.</summary>
internal sealed class HttpResponseReader : ResponseReader
{
    private readonly byte[] _head = new byte[2048];
    private int _headLength;
    private long _bodyLeft = -1;
    private bool _closes;

    public override bool Closes => _closes;

    /// <summary>The bytes of the body that are still to come; 0 between responses and within a head.</summary>
    public long BodyLeft => Math.Max(_bodyLeft, 0);

    /// <summary>Takes bytes of the body that were received without being looked at.</summary>
    /// <returns>Whether the response ends with the last byte.</returns>
    public bool Skip(long received)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(received, BodyLeft);
        _bodyLeft -= received;
        if (_bodyLeft > 0)
        {
            return false;
        }

        _bodyLeft = -1;
        return true;
    }

    public override bool Take(ReadOnlySpan<byte> received)
    {
        if (_bodyLeft < 0)
        {
            int before = _headLength;
            int taken = Math.Min(received.Length, _head.Length - _headLength);
            received[..taken].CopyTo(_head.AsSpan(_headLength));
            _headLength += taken;

            int end = _head.AsSpan(0, _headLength).IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return _headLength < _head.Length ? false : throw new InvalidDataException("the response head is larger than 2 KiB");
            }

            ReadHead(_head.AsSpan(0, end + 2));
            received = received[(end + 4 - before)..];
            _headLength = 0;
        }

        if (received.Length > _bodyLeft)
        {
            throw new InvalidDataException("the response has more bytes than its Content-Length");
        }

        return Skip(received.Length);
    }

    private void ReadHead(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1.1 200"u8) && !head.StartsWith("HTTP/1.1 206"u8))
        {
            throw new InvalidDataException(Encoding.ASCII.GetString(head[..head.IndexOf((byte)'\r')]));
        }

        int length = head.IndexOf("\r\nContent-Length: "u8);
        if (length < 0 || !Utf8Parser.TryParse(head[(length + 18)..], out _bodyLeft, out _))
        {
            throw new InvalidDataException("the response has no Content-Length");
        }

        _closes = head.IndexOf("\r\nConnection: close"u8) >= 0;
    }
}
