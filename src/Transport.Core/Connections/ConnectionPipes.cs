using System.IO.Pipelines;
using Transport.Core.Loops;

namespace Transport.Core.Connections;

/// <summary>
/// How the pipes between a loop's connections and Kestrel work. The application's ends run where application code runs, the transport's on
/// the loop, or where
/// <see cref="SendScheduler"/> says.
/// </summary>
internal sealed class ConnectionPipes(EventLoop loop, TransportOptions options)
{
    /// <summary>The transport writes, the application reads.</summary>
    public PipeOptions Input { get; } = Create(loop, options.MaxReadBufferSize, reader: loop.Application, writer: loop);

    /// <summary>The application writes, the transport reads.</summary>
    public PipeOptions Output { get; } = Create(loop, options.MaxWriteBufferSize, reader: new SendScheduler(loop), writer: loop.Application);

    /// <inheritdoc cref="TransportOptions.AnswerGrace"/>
    public TimeSpan AnswerGrace => options.AnswerGrace;

    /// <inheritdoc cref="TransportOptions.MaxWriteBufferSize"/>
    public long MaxWriteBufferSize => options.MaxWriteBufferSize ?? 0;

    /// <inheritdoc cref="TransportOptions.SendFile"/>
    public bool SendFile => options.SendFile;

    /// <summary>Null and 0 are no limit, as in Kestrel; what has paused resumes at half.</summary>
    private static PipeOptions Create(EventLoop loop, long? limit, PipeScheduler reader, PipeScheduler writer) => new(
        loop.MemoryPool,
        reader,
        writer,
        pauseWriterThreshold: limit ?? 0,
        resumeWriterThreshold: (limit ?? 0) / 2,
        useSynchronizationContext: false);
}
