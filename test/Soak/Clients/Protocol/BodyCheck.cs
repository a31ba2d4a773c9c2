using Soak.Measuring;

namespace Soak.Clients.Protocol;

/// <summary>Looks at a body while it is received.</summary>
internal abstract class BodyCheck
{
    /// <summary>Bytes that came so far.</summary>
    public long Length { get; private set; }

    public void Next(ReadOnlySpan<byte> bytes)
    {
        Check(bytes);
        Length += bytes.Length;
    }

    /// <summary>The body is complete.</summary>
    public abstract void End();

    protected abstract void Check(ReadOnlySpan<byte> bytes);
}

/// <summary>A body that is the pattern from an offset on.</summary>
internal sealed class PatternCheck(long offset, long length) : BodyCheck
{
    public override void End()
    {
        if (Length != length)
        {
            throw new WrongAnswerException("wrong length", $"{Length} bytes where {length} were expected.");
        }
    }

    protected override void Check(ReadOnlySpan<byte> bytes)
    {
        int at = Pattern.FirstDifference(bytes, offset + Length);
        if (at >= 0)
        {
            throw new WrongAnswerException("wrong byte", $"byte {Length + at} of {length} is wrong.");
        }
    }
}

/// <summary>A body that is kept, for what is parsed afterwards.</summary>
internal sealed class CollectedBody : BodyCheck
{
    private readonly MemoryStream _bytes = new();

    public byte[] ToArray() => _bytes.ToArray();

    public override void End()
    {
    }

    protected override void Check(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);
}
