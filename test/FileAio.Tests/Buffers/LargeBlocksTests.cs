using FileAio.Buffers;

namespace FileAio.Tests.Buffers;

/// <summary>Free blocks give their pages back when a period did not need them, and go on being blocks.</summary>
public sealed class LargeBlocksTests
{
    private const int Size = 128 * 1024;

    [Fact]
    public void Buffers_that_a_period_did_not_need_return_their_pages_and_can_be_reused()
    {
        using AlignedMemoryPool pool = new AlignedMemoryPool();
        LargeBlocks blocks = new LargeBlocks();
        AlignedBlock block = (AlignedBlock)pool.Rent(Size);
        block.GetSpan().Fill(0xAB);
        blocks.Return(block);

        blocks.Trim();
        Assert.Equal(0xAB, block.GetSpan()[^1]); // it was in use when the period began

        blocks.Trim();
        Assert.Equal(Size, block.GetSpan().Count((byte)0)); // fresh pages read as zero

        Assert.Same(block, blocks.TryTake());
        block.GetSpan().Fill(0xCD);
        Assert.Equal(Size, block.GetSpan().Count((byte)0xCD));
        Assert.Null(blocks.TryTake());
    }

    [Fact]
    public void Buffers_that_were_used_in_the_period_keep_their_pages()
    {
        using AlignedMemoryPool pool = new AlignedMemoryPool();
        LargeBlocks blocks = new LargeBlocks();
        (AlignedBlock? one, AlignedBlock? other) = ((AlignedBlock)pool.Rent(Size), (AlignedBlock)pool.Rent(Size));
        one.GetSpan().Fill(1);
        other.GetSpan().Fill(2);
        blocks.Return(one);
        blocks.Return(other);
        blocks.Trim();

        AlignedBlock taken = blocks.TryTake()!;
        blocks.Return(taken);
        blocks.Trim();

        // One of the two was needed: one stays warm.
        Assert.Equal(1, new[] { one, other }.Count(block => block.GetSpan()[0] != 0));
    }

    [Fact]
    public void A_pool_reuses_large_blocks_page_aligned()
    {
        using AlignedMemoryPool pool = new AlignedMemoryPool();
        AlignedBlock first = (AlignedBlock)pool.Rent(Size);
        Assert.Equal(0, first.Address % 4096);
        ((IDisposable)first).Dispose();
        Assert.Same(first, pool.Rent(Size - 1));
        Assert.Equal(1, pool.RentedBlocks);
    }
}
