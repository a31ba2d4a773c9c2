using FileAio.Http;

namespace FileAio.Reading;

/// <summary>Represents a range that is rounded out to the alignment of direct reads.</summary>
internal readonly record struct DirectWindow(long Start, long End)
{
    public static DirectWindow Around(ByteRange range, int alignment)
    {
        long mask = alignment - 1;
        return new DirectWindow(range.Start & ~mask, (range.End + mask) & ~mask);
    }
}
