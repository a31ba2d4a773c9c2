using System.IO.Pipelines;
using Transport.Core.Connections.Output;

namespace Transport.Tests.Sending;

public class SendQueueTests
{
    private readonly List<IThreadPoolWorkItem> _pool = [];
    private readonly SendQueue _queue;

    public SendQueueTests() => _queue = new SendQueue(_pool.Add, lateMilliseconds: int.MaxValue);

    [Fact]
    public void One_work_item_sends_for_all_connections()
    {
        Output first = new(_queue), second = new(_queue);
        first.Flush(10);
        second.Flush(20);
        Assert.Equal((0, 0), (first.Sent, second.Sent));
        Assert.Single(_pool).Execute();
        Assert.Equal((10, 20), (first.Sent, second.Sent));

        first.Flush(1);
        Assert.Equal(2, _pool.Count);
        _pool[1].Execute();
        Assert.Equal(11, first.Sent);
    }

    [Fact]
    public void What_is_flushed_until_then_is_sent_with_it()
    {
        Output output = new(_queue);
        output.Flush(10);
        output.Flush(10);
        Assert.Single(_pool).Execute();
        Assert.Equal([20], output.Sends);
    }

    [Fact]
    public void A_writer_that_fills_its_buffer_sends_it_within_the_flush()
    {
        Output output = new(_queue, pause: 100);
        output.Flush(60);
        Assert.Equal(0, output.Sent);
        Assert.True(output.Flush(60));
        Assert.Equal([120], output.Sends);

        // The work item finds nothing to send, and the next flush asks for another one.
        Assert.Single(_pool).Execute();
        output.Flush(60);
        Assert.Equal(2, _pool.Count);
    }

    [Fact]
    public void When_the_thread_pool_is_late_whoever_flushes_sends_for_everybody()
    {
        SendQueue queue = new(_pool.Add, lateMilliseconds: -1);
        Output first = new(queue), second = new(queue);
        first.Flush(10);
        second.Flush(20);
        Assert.Equal((10, 20), (first.Sent, second.Sent));

        Assert.Single(_pool).Execute();
        Assert.Equal((10, 20), (first.Sent, second.Sent));
    }

    /// <summary>A writer that flushes again and again, while all threads of the pool are blocked: the work item is never run.</summary>
    [Fact]
    public void When_the_thread_pool_is_late_the_next_flush_of_the_connection_sends()
    {
        Output output = new(_queue);
        output.Flush(10);
        Thread.Sleep(100);
        output.Flush(20);
        Assert.Equal([30], output.Sends);
    }

    [Fact]
    public void A_connection_that_waits_in_the_queue_can_be_continued_by_the_loop()
    {
        List<OutputWriter> loop = [];
        Output output = new(_queue, loop: loop);
        output.Flush(10);
        output.Flush(65536);
        output.IsOnLoop = true;
        output.Flush(5);
        Assert.Single(loop).SendListed(isOnLoop: true);
        Assert.Equal(65551, output.Sent);
        Assert.Single(_pool).Execute();
        Assert.Equal(65551, output.Sent);
    }

    /// <summary>
    /// Within a flush of one connection a late queue sends for a second one, and that may continue the send loop of a third one, which must
    /// not be taken for that of the first.
    /// </summary>
    [Fact]
    public void Send_loops_that_continue_within_a_flush_of_another_connection_are_not_mixed_up()
    {
        SendQueue queue = new(_pool.Add, lateMilliseconds: -1);
        Output first = new(queue), second = new(queue), third = new(queue);
        second.Flush(20);
        second.Sending = third.Cancel;
        first.Flush(10);
        Assert.Equal((10, 20), (first.Sent, second.Sent));
        Assert.Equal(1, third.Cancellations);

        third.Flush(30);
        _pool.ForEach(static item => item.Execute());
        Assert.Equal(30, third.Sent);
    }

    /// <summary>An output pipe whose sends are counted instead of made.</summary>
    private sealed class Output
    {
        private readonly OutputWriter _writer;
        private readonly PipeReader _reader;

        public Output(SendQueue queue, long pause = 65536, List<OutputWriter>? loop = null)
        {
            Pipe pipe = new(new PipeOptions(
                readerScheduler: new Scheduler(queue, this, loop ?? []), writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: pause,
                resumeWriterThreshold: pause / 2, useSynchronizationContext: false));
            _writer = new OutputWriter(pipe.Writer, loop: null!, pause);
            _reader = pipe.Reader;
            _ = SendAsync();
        }

        /// <summary>Called within each send.</summary>
        public Action? Sending { get; set; }

        public int Cancellations { get; private set; }

        /// <summary>Flushes come from the loop from now on.</summary>
        public bool IsOnLoop { get; set; }

        public List<long> Sends { get; } = [];

        public long Sent => Sends.Sum();

        /// <returns>Whether the flush completed before it returned.</returns>
        public bool Flush(int bytes) => _writer.WriteAsync(new byte[bytes]).AsTask().IsCompletedSuccessfully;

        public void Cancel() => _reader.CancelPendingRead();

        private async Task SendAsync()
        {
            while (true)
            {
                ReadResult result = await _reader.ReadAsync();
                if (result.IsCanceled)
                {
                    Cancellations++;
                }
                else
                {
                    Sends.Add(result.Buffer.Length);
                }

                _writer.Taken += result.Buffer.Length;
                Sending?.Invoke();
                _reader.AdvanceTo(result.Buffer.End);
            }
        }
    }

    /// <summary>What <see cref="SendScheduler"/> does with a flush from elsewhere.</summary>
    private sealed class Scheduler(SendQueue queue, Output output, List<OutputWriter> loop) : PipeScheduler
    {
        public override void Schedule(Action<object?> action, object? state)
        {
            if (OutputWriter.TakeFlushing() is not { } writer || writer.IsFull)
            {
                action(state);
            }
            else if (writer.Park(action, state, output.IsOnLoop))
            {
                if (output.IsOnLoop)
                {
                    loop.Add(writer);
                }
                else
                {
                    queue.Add(writer);
                }
            }
        }
    }
}
