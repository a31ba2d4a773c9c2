using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Files;
using FileAio.Reading;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Sending;

/// <summary>Responses that read the same version of a file share their reads, and depend on each other for nothing else.</summary>
public sealed class SharedReadTests : IDisposable
{
    private const int Length = 4096;
    private const long Size = 1 << 20;

    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch + TimeSpan.FromDays(1);

    private readonly ManualEngine _engine = new();
    private readonly AlignedBufferPool _pool = new(new BufferBudget(1 << 20)) { Poison = true };
    private readonly SharedReads _reads;

    public SharedReadTests() => _reads = new SharedReads(_pool);

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

    public void Dispose() => _pool.Dispose();

    private static FileFacts Version(long changed) => new(1, 7, 1, 0, 0, Size, 1, 0, changed, 0, 512, 512);

    private SharedReader Enter(FileFacts facts)
    {
        SharedReader reader = _reads.Enter(new OpenedFile(-1, facts, "f", null!, ETagPrecision.Nanoseconds), Now, null)!;
        reader.Begin(0, facts.Size);
        return reader;
    }

    private PendingRead Start(SharedReader reader, long position) => reader.Start(
        new DirectReader(new OpenedFile(-1, Version(1), "f", null!, ETagPrecision.Nanoseconds), -1, _engine, inline: true),
        _pool.TryRent(Length)!, position, Length);

    /// <summary>An engine whose reads the test completes.</summary>
    private sealed class ManualEngine : IFileEngine
    {
        public string Name => "manual";

        public List<FileRead> Reads { get; } = [];

        public List<FileRead> Cancelled { get; } = [];

        InFlightReads IFileEngine.Reads { get; } = new();

        public void Submit(FileRead read) => Reads.Add(read);

        public void TryCancel(FileRead read) => Cancelled.Add(read);

        public void Post(SendOrPostCallback work, object? state) => work(state);

        public void Complete(PendingRead read, int result)
        {
            read.Buffer.GetSpan().Fill(0x11);
            read.Buffer.Read.SetResult(new SysResult(result));
            read.Buffer.Read.Complete();
        }

        public void Dispose()
        {
        }
    }
}
