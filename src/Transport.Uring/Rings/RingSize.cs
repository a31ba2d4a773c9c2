namespace Transport.Uring.Rings;

/// <summary>Represents the size of a loop's ring, and who takes operations from it.</summary>
/// <param name="Submissions">Entries of the submission queue.</param>
/// <param name="Completions">Entries of the completion queue.</param>
/// <param name="Buffers">The number of receive buffers.</param>
/// <param name="BufferSize">The size of each in bytes.</param>
/// <param name="SqPoll">Whether a kernel thread takes operations from the submission queue.</param>
internal readonly record struct RingSize(int Submissions, int Completions, int Buffers, int BufferSize, bool SqPoll)
{
    public static RingSize Of(UringTransportOptions options) =>
        new(options.QueueDepth, options.CompletionQueueDepth, options.ReceiveBuffers, options.ReceiveBufferSize, options.SqPoll);
}
