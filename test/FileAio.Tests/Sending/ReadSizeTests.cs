using FileAio.Reading;

namespace FileAio.Tests.Sending;

/// <summary>Reads grow with what the client has received, so that few of them make a range.</summary>
public sealed class ReadSizeTests
{
    private const int Kibibyte = 1024, Chunk = 128 * Kibibyte;

    [Theory]
    [InlineData(1 << 20, new[] { 128, 128, 256, 512, 512 })]
    [InlineData(512 << 10, new[] { 128, 128, 256, 256, 256 })]
    [InlineData(0, new[] { 128, 128, 128, 128, 128 })]
    public void Reads_double_up_to_half_of_MaxReadAhead(long maxReadAhead, int[] expected)
    {
        List<int> sizes = [];
        for (long received = 0; sizes.Count < expected.Length; received += (long)sizes[^1] * Kibibyte)
        {
            sizes.Add(ReadsAhead.ChunkAfter(received, Chunk, most: 1, maxReadAhead) / Kibibyte);
        }

        Assert.Equal(expected, sizes);
    }

    [Fact]
    public void A_read_is_at_most_512_KiB_unless_output_buffers_are_larger()
    {
        Assert.Equal(512 << 10, ReadsAhead.ChunkAfter(long.MaxValue, Chunk, most: 2, 64 << 20));
        Assert.Equal(1 << 20, ReadsAhead.ChunkAfter(long.MaxValue, 1 << 20, most: 1, 64 << 20));
    }

    [Fact]
    public void A_read_is_a_multiple_of_the_first_one()
    {
        Assert.Equal(480 << 10, ReadsAhead.ChunkAfter(500 << 10, 96 << 10, most: 1, 64 << 20));
    }
}
