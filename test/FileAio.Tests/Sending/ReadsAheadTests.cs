using FileAio.Buffers;
using FileAio.Reading;
using FileAio.Tests.Support;
using static FileAio.Tests.Support.SharedResponses;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Sending;

/// <summary>
/// What a response has read ahead is given up while its client stalls and memory is scarce, also what it shares with others.
/// </summary>
public sealed class ReadsAheadTests : IDisposable
{
    private readonly ManualEngine _engine = new();
    private readonly SharedResponses _responses;
    private readonly AlignedBufferPool _pool;

    public ReadsAheadTests()
    {
        _responses = new SharedResponses(_engine, Size);
        _pool = _responses.Pool;
    }

    [Fact]
    public async Task A_stalled_response_gives_up_reads_in_flight_and_others_still_get_them()
    {
        using SharedReader stalled = _responses.Enter(Version(1)), other = _responses.Enter(Version(1));
        ReadsAhead reads = new(_pool, 4, Length, grown: 0);
        PendingRead wanted = _responses.Start(stalled, 0);
        reads.Add(wanted);
        PendingRead joined = Assert.NotNull(other.TryJoin(0));
        other.Begin(0, Length); // what follows is read for the stalled response alone
        PendingRead alone = _responses.Start(stalled, Length);
        reads.Add(alone);

        AlignedBuffer scarce = Assert.IsType<AlignedBuffer>(_pool.TryRent((int)Size / 2));
        reads.ReturnIfScarce();
        Assert.False(reads.IsEmpty); // no flush waits
        reads.AllowReturn(true);
        reads.ReturnIfScarce();
        reads.AllowReturn(false);
        Assert.True(reads.IsEmpty);
        Assert.Same(alone.Buffer.Read, Assert.Single(_engine.Cancelled));
        Assert.Equal(3, _pool.Rented); // the kernel has not answered yet

        Task completed = reads.CompleteAsync().AsTask();
        _engine.Complete(alone, -Errno.ECANCELED);
        Assert.False(completed.IsCompleted); // the file is still being read
        _engine.Complete(wanted, Length);
        await completed.WithinDeadline();
        Assert.Equal(Length, (await joined.Result.WithinDeadline()).Value);
        Assert.Equal(0x11, joined.Buffer.GetSpan()[0]);
        Assert.Equal(2, _pool.Rented);
        joined.Return(_pool);
        _pool.Return(scarce);
        Assert.Equal(0, _pool.Rented);
        Assert.Equal(0, _pool.Budget.Used);
    }

    /// <summary>It does not wait for the reads of others that it has joined: they hold their buffers and files themselves.</summary>
    [Fact]
    public async Task A_response_that_ends_does_not_wait_for_the_reads_of_others()
    {
        using SharedReader first = _responses.Enter(Version(1)), ending = _responses.Enter(Version(1));
        ReadsAhead reads = new(_pool, 4, Length, grown: 0);
        PendingRead own = _responses.Start(first, 0);
        reads.Add(Assert.NotNull(ending.TryJoin(0)));
        await reads.CompleteAsync().AsTask().WithinDeadline();
        Assert.Empty(_engine.Cancelled);
        Assert.Equal(1, _pool.Rented);
        _engine.Complete(own, Length);
        own.Return(_pool);
    }

    public void Dispose() => _responses.Dispose();
}
