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

    /// <summary>An output pipe whose sends are counted instead of made.</summary>
    private sealed class Output
    {
        private readonly OutputWriter _writer;

        public Output(SendQueue queue, long pause = 65536)
        {
            Pipe pipe = new(new PipeOptions(
                readerScheduler: new Scheduler(queue), writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: pause,
                resumeWriterThreshold: pause / 2, useSynchronizationContext: false));
            _writer = new OutputWriter(pipe.Writer, loop: null!, pause);
            _ = SendAsync(pipe.Reader);
        }

        public List<long> Sends { get; } = [];

        public long Sent => Sends.Sum();

        /// <returns>Whether the flush completed before it returned.</returns>
        public bool Flush(int bytes) => _writer.WriteAsync(new byte[bytes]).AsTask().IsCompletedSuccessfully;

        private async Task SendAsync(PipeReader reader)
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync();
                Sends.Add(result.Buffer.Length);
                _writer.Taken += result.Buffer.Length;
                reader.AdvanceTo(result.Buffer.End);
            }
        }
    }

    /// <summary>What <see cref="SendScheduler"/> does with a flush from elsewhere.</summary>
    private sealed class Scheduler(SendQueue queue) : PipeScheduler
    {
        public override void Schedule(Action<object?> action, object? state)
        {
            OutputWriter writer = OutputWriter.Flushing!;
            if (writer.IsFull)
            {
                action(state);
            }
            else if (writer.Park(action, state))
            {
                queue.Add(writer);
            }
        }
    }
}
