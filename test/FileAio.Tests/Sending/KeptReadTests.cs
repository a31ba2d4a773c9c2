using FileAio.Buffers;
using FileAio.Files;
using FileAio.Reading;
using FileAio.Tests.Support;
using static FileAio.Tests.Support.SharedResponses;

namespace FileAio.Tests.Sending;

/// <summary>Buffers that no response holds are kept for responses that are behind, as long as one is and nobody needs the memory.</summary>
public sealed class KeptReadTests : IDisposable
{
    private readonly ManualEngine _engine = new();
    private readonly SharedResponses _responses;
    private readonly AlignedBufferPool _pool;
    private readonly SharedReads _reads;

    public KeptReadTests()
    {
        _responses = new SharedResponses(_engine, Size);
        (_pool, _reads) = (_responses.Pool, _responses.Reads);
    }

    [Fact]
    public void A_read_is_kept_for_a_response_that_is_behind_and_for_no_other()
    {
        using (SharedReader first = Enter(Version(1)), behind = Enter(Version(1)))
        {
            PendingRead own = Start(first, Length);
            _engine.Complete(own, Length);
            own.Return(_pool);
            Assert.Equal(Length, _reads.Kept);
            PendingRead joined = Assert.NotNull(behind.TryJoin(Length));
            Assert.Equal(0, _reads.Kept);
            Assert.True(joined.Result.IsCompletedSuccessfully);
            joined.Return(_pool); // nobody is behind any more
            Assert.Equal(0, _reads.Kept);
            Assert.Equal(0, _pool.Rented);

            behind.Begin(0, Length);
            own = Start(first, 2 * Length);
            _engine.Complete(own, Length);
            own.Return(_pool);
            Assert.Equal(0, _pool.Rented); // the other response ends before

            behind.Begin(0, Size);
            own = Start(first, 3 * Length);
            _engine.Complete(own, Length);
            own.Return(_pool);
            Assert.Equal(1, _pool.Rented);
        }

        Assert.Equal(0, _reads.Kept); // one response needs no kept reads
        Assert.Equal(0, _pool.Rented);
    }

    [Fact]
    public void Memory_that_is_needed_is_not_kept()
    {
        using SharedReader first = Enter(Version(1)), behind = Enter(Version(1));
        PendingRead own = Start(first, Length);
        _engine.Complete(own, Length);
        own.Return(_pool);
        Assert.Equal(Length, _reads.Kept);
        AlignedBuffer all = Assert.IsType<AlignedBuffer>(_pool.TryRent(1 << 20)); // the whole budget
        Assert.Equal(0, _reads.Kept);
        _pool.Return(all);
    }

    [Fact]
    public void A_read_that_completes_although_it_was_cancelled_is_not_kept()
    {
        using SharedReader first = Enter(Version(1)), behind = Enter(Version(1));
        PendingRead own = Start(first, Length);
        own.TryCancel();
        Assert.Single(_engine.Cancelled);
        _engine.Complete(own, Length); // the kernel was faster
        own.Return(_pool);
        Assert.Null(behind.TryJoin(Length)); // nobody can find the read, so its buffer would be of no use
        Assert.Equal(0, _reads.Kept);
        Assert.Equal(0, _pool.Rented);
    }

    [Fact]
    public void What_nobody_is_behind_any_more_is_not_kept_until_the_others_end()
    {
        using SharedReader first = Enter(Version(1)), second = Enter(Version(1));
        using (SharedReader behind = Enter(Version(1)))
        {
            first.Begin(2 * Length, Size);
            second.Begin(2 * Length, Size);
            PendingRead own = Start(first, 2 * Length);
            second.Begin(3 * Length, Size);
            _engine.Complete(own, Length);
            own.Return(_pool);
            Assert.Equal(Length, _reads.Kept);
        }

        Assert.Equal(0, _reads.Kept);
        Assert.Equal(0, _pool.Rented);
    }

    /// <summary>The reads of a client grow, so what is kept last is larger than what was kept first.</summary>
    [Fact]
    public void What_is_kept_of_a_file_stays_within_the_window_although_reads_grow()
    {
        using SharedResponses responses = new(_engine, 16 * SharedFile.Window);
        FileFacts facts = Version(1) with { Size = 16 * SharedFile.Window };
        using SharedReader ahead = responses.Enter(facts), behind = responses.Enter(facts);
        const int Small = 1 << 20, Large = 4 << 20;
        long position = Large;
        for (; position < SharedFile.Window; position += Small)
        {
            Keep(Small);
        }

        behind.Begin(4 * Large, facts.Size);
        for (int i = 0; i < 4; i++, position += Large)
        {
            Keep(Large);
            Assert.InRange(responses.Reads.Kept, Small, SharedFile.Window);
        }

        Assert.Equal(responses.Pool.Budget.Used, responses.Reads.Kept);

        void Keep(int length)
        {
            PendingRead own = responses.Start(ahead, position, length);
            _engine.Complete(own, length);
            own.Return(responses.Pool);
        }
    }

    /// <summary>The client of the response behind stalls: what is kept for it is limited, and given up for others.</summary>
    [Fact]
    public void A_stalled_response_keeps_at_most_a_quarter_of_the_memory_and_nothing_that_others_need()
    {
        using SharedReader first = Enter(Version(1)), stalled = Enter(Version(1));
        for (long position = Length; position < Size; position += Length)
        {
            PendingRead own = Start(first, position);
            _engine.Complete(own, Length);
            own.Return(_pool);
            Assert.InRange(_reads.Kept, 0, _pool.Budget.Limit / 4);
        }

        Assert.Equal(_pool.Budget.Limit / 4, _reads.Kept);
        Assert.Equal(_reads.Kept, _pool.Budget.Used);
        AlignedBuffer all = Assert.IsType<AlignedBuffer>(_pool.TryRent((int)_pool.Budget.Limit));
        Assert.Equal(0, _reads.Kept);
        Assert.Null(stalled.TryJoin(Length));
        _pool.Return(all);
    }

    public void Dispose() => _responses.Dispose();

    private SharedReader Enter(FileFacts facts) => _responses.Enter(facts);

    private PendingRead Start(SharedReader reader, long position) => _responses.Start(reader, position);
}
