using FileAio.Buffers;
using FileAio.Files;
using FileAio.Reading;
using FileAio.Tests.Support;
using static FileAio.Tests.Support.SharedResponses;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Sending;

/// <summary>Responses that read the same version of a file share their reads, and depend on each other for nothing else.</summary>
public sealed class SharedReadTests : IDisposable
{
    private readonly ManualEngine _engine = new();
    private readonly SharedResponses _responses;
    private readonly AlignedBufferPool _pool;
    private readonly SharedReads _reads;

    public SharedReadTests()
    {
        _responses = new SharedResponses(_engine, Size);
        (_pool, _reads) = (_responses.Pool, _responses.Reads);
    }

    [Fact]
    public async Task A_read_in_flight_is_joined_and_its_buffer_counts_once()
    {
        using SharedReader first = Enter(Version(1)), second = Enter(Version(1));
        PendingRead own = Start(first, 0);
        PendingRead joined = Assert.NotNull(second.TryJoin(0));
        Assert.Single(_engine.Reads);
        Assert.Equal(Length, _pool.Budget.Used);

        _engine.Complete(own, Length);
        Assert.Equal(Length, (await own.Result).Value);
        own.Return(_pool); // the first response is sent, the second is still copying
        Assert.Equal(Length, (await joined.Result.WithinDeadline()).Value);
        Assert.Equal(1, _pool.Rented);
        Assert.Equal(0x11, joined.Buffer.GetSpan()[0]);
        joined.Return(_pool);
        second.Begin(Length, Size);
        Assert.Equal(0, _pool.Rented);
    }

    [Fact]
    public void Versions_do_not_share()
    {
        using SharedReader first = Enter(Version(1)), second = Enter(Version(2)), third = Enter(Version(1) with { Inode = 8 }),
            fourth = Enter(Version(1) with { Size = Size + 1 }), fifth = Enter(Version(1) with { ChangedNanoseconds = 1 }),
            sixth = Enter(Version(1));
        PendingRead own = Start(first, 0);
        Assert.All([second, third, fourth, fifth], static other => Assert.Null(other.TryJoin(0)));
        PendingRead joined = Assert.NotNull(sixth.TryJoin(0));
        _engine.Complete(own, Length);
        own.Return(_pool);
        joined.Return(_pool);
    }

    [Fact]
    public void A_file_that_was_just_changed_is_not_shared()
    {
        OpenedFile file = new(-1, Version(Now.ToUnixTimeSeconds()), "f", null!, ETagPrecision.Nanoseconds);
        Assert.Null(_reads.Enter(file, Now, null));
        Assert.Null(_reads.Enter(file, Now + TimeSpan.FromSeconds(2), null));
        using SharedReader? later = _reads.Enter(file, Now + TimeSpan.FromSeconds(3), null);
        Assert.NotNull(later);
    }

    [Fact]
    public async Task A_client_that_disconnects_does_not_cancel_a_read_that_others_want()
    {
        using SharedReader first = Enter(Version(1)), second = Enter(Version(1));
        PendingRead own = Start(first, 0);
        PendingRead joined = Assert.NotNull(second.TryJoin(0));
        own.TryCancel();
        Assert.Empty(_engine.Cancelled);
        _engine.Complete(own, Length);
        own.Return(_pool);
        Assert.Equal(Length, (await joined.Result.WithinDeadline()).Value);
        joined.Return(_pool);
    }

    [Fact]
    public void A_read_that_nobody_wants_any_more_is_cancelled_and_not_joined()
    {
        using SharedReader first = Enter(Version(1)), second = Enter(Version(1));
        PendingRead own = Start(first, 0);
        PendingRead joined = Assert.NotNull(second.TryJoin(0));
        joined.TryCancel(); // only the response that has started a read cancels it
        Assert.Empty(_engine.Cancelled);
        joined.Return(_pool);
        own.TryCancel();
        Assert.Single(_engine.Cancelled);
        Assert.Null(second.TryJoin(0));
        _engine.Complete(own, -Errno.ECANCELED);
        own.Return(_pool);
        Assert.Equal(0, _pool.Rented);
    }

    [Theory]
    [InlineData(-Errno.EIO), InlineData(512), InlineData(0)]
    public async Task An_error_or_a_short_read_reaches_every_response_and_is_not_joined(int result)
    {
        using SharedReader first = Enter(Version(1)), second = Enter(Version(1));
        PendingRead own = Start(first, 0);
        PendingRead joined = Assert.NotNull(second.TryJoin(0));
        _engine.Complete(own, result);
        SysResult read = await joined.Result.WithinDeadline();
        Assert.Equal(result, read.Value);
        Assert.False(joined.Shared!.IsWholeResult(read)); // so the response reads for itself
        Assert.Null(second.TryJoin(0));
        own.Return(_pool);
        Assert.Equal(1, _pool.Rented);
        joined.Return(_pool);
        Assert.Equal(0, _pool.Rented);
    }

    [Fact]
    public async Task The_short_read_at_the_end_of_the_file_is_whole()
    {
        FileFacts odd = Version(1) with { Size = Length + 100 };
        using SharedReader first = Enter(odd), second = Enter(odd);
        second.Begin(Length, odd.Size);
        PendingRead own = Start(first, Length);
        PendingRead joined = Assert.NotNull(second.TryJoin(Length));
        _engine.Complete(own, 100);
        Assert.True(joined.Shared!.IsWholeResult(await joined.Result.WithinDeadline()));
        own.Return(_pool);
        joined.Return(_pool);
    }

    [Fact]
    public void A_response_takes_part_in_a_read_that_begins_before_its_offset()
    {
        using SharedReader first = Enter(Version(1)), second = Enter(Version(1));
        PendingRead own = Start(first, 0);
        second.Begin(512, Size);
        Assert.Equal(0, Assert.NotNull(second.TryJoin(512)).Position);
        second.Begin(Length, Size);
        Assert.Null(second.TryJoin(Length));
        _engine.Complete(own, Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_that_the_engine_does_not_accept_gives_its_buffer_back(bool isShared)
    {
        using SharedReader first = Enter(Version(1)), second = Enter(Version(1));
        second.Begin(isShared ? 0 : Size - Length, Size); // too far away to want the read
        PendingRead? joined = null;
        _engine.Refuse = () =>
        {
            joined = second.TryJoin(0);
            throw new ObjectDisposedException("engine");
        };
        Assert.Throws<ObjectDisposedException>(() => { Start(first, 0); });
        Assert.Equal(isShared, joined is not null);
        if (joined is { } read)
        {
            SysResult result = await read.Result.WithinDeadline();
            Assert.Equal(-Errno.EAGAIN, result.Value); // so the response reads for itself
            Assert.Equal(1, _pool.Rented);
            read.Return(_pool);
        }

        Assert.Equal(0, _pool.Rented);
        Assert.Equal(0, _pool.Budget.Used);

        _engine.Refuse = null;
        PendingRead again = Start(first, 0); // the same buffer, without the observer of the first attempt
        _engine.Complete(again, Length);
        again.Return(_pool);
    }

    [Fact]
    public void A_read_that_replaced_a_cancelled_one_is_shared_whichever_completes_first()
    {
        using SharedReader first = Enter(Version(1)), second = Enter(Version(1)), behind = Enter(Version(1));
        PendingRead cancelled = Start(first, Length);
        cancelled.TryCancel();
        PendingRead own = Start(second, Length);
        Assert.NotSame(cancelled.Shared, own.Shared);
        _engine.Complete(cancelled, -Errno.ECANCELED);
        cancelled.Return(_pool);
        PendingRead joined = Assert.NotNull(behind.TryJoin(Length));
        Assert.Same(own.Shared, joined.Shared);
        _engine.Complete(own, Length);
        own.Return(_pool);
        joined.Return(_pool);
    }

    [Fact]
    public async Task A_truncated_file_ends_the_sharing_and_every_response_reads_for_itself()
    {
        using SharedReader first = Enter(Version(1)), second = Enter(Version(1)), third = Enter(Version(1));
        PendingRead own = Start(first, 0);
        PendingRead[] joined = [Assert.NotNull(second.TryJoin(0)), Assert.NotNull(third.TryJoin(0))];
        _engine.Complete(own, 0); // truncated to nothing after the responses have begun
        foreach (PendingRead read in joined)
        {
            SysResult result = await read.Result.WithinDeadline();
            Assert.False(read.Shared!.IsWholeResult(result));
            read.Return(_pool);
        }

        own.Return(_pool);
        Assert.Equal(0, _pool.Rented);
        PendingRead next = Start(second, 0);
        Assert.NotSame(own.Shared, next.Shared);
        _engine.Complete(next, 0);
        next.Return(_pool);
        Assert.Equal(0, _reads.Kept);
        Assert.Equal(0, _pool.Rented);
    }

    public void Dispose() => _responses.Dispose();

    private SharedReader Enter(FileFacts facts) => _responses.Enter(facts);

    private PendingRead Start(SharedReader reader, long position) => _responses.Start(reader, position);
}
