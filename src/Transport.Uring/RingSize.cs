namespace Transport.Uring;

/// <summary>How large a loop's ring is.</summary>
/// <param name="Submissions">Entries of the submission queue.</param>
/// <param name="Completions">Entries of the completion queue.</param>
/// <param name="Buffers">Receive buffers.</param>
/// <param name="BufferSize">Bytes of each.</param>
internal readonly record struct RingSize(int Submissions, int Completions, int Buffers, int BufferSize)
{
    public static RingSize Of(UringTransportOptions options) =>
        new(options.QueueDepth, options.CompletionQueueDepth, options.ReceiveBuffers, options.ReceiveBufferSize);
}
