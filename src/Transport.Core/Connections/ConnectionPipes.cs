using System.IO.Pipelines;
using Transport.Core.Connections.Output;
using Transport.Core.Loops;

namespace Transport.Core.Connections;

/// <summary>
/// The options of the pipes between a loop's connections and Kestrel. The application's ends run where application code runs; the
/// transport's ends run on the loop, or where <see cref="SendScheduler"/> decides.
/// </summary>
internal sealed class ConnectionPipes(EventLoop loop, TransportOptions options)
{
    /// <summary>The input pipe: the transport writes, the application reads.</summary>
    public PipeOptions Input { get; } = Create(loop, options.MaxReadBufferSize, reader: loop.Application, writer: loop);

    /// <summary>The output pipe: the application writes, the transport reads.</summary>
    public PipeOptions Output { get; } =
        Create(loop, options.MaxWriteBufferSize, reader: new SendScheduler(loop), writer: loop.Application);

    /// <inheritdoc cref="TransportOptions.AnswerGrace"/>
    public TimeSpan AnswerGrace => options.AnswerGrace;

    /// <inheritdoc cref="TransportOptions.MaxWriteBufferSize"/>
    public long MaxWriteBufferSize => options.MaxWriteBufferSize ?? 0;

    /// <inheritdoc cref="TransportOptions.SendFile"/>
    public bool SendFile => options.SendFile;

    /// <summary>Null and 0 are no limit, as in Kestrel. A paused writer resumes at half.</summary>
    private static PipeOptions Create(EventLoop loop, long? limit, PipeScheduler reader, PipeScheduler writer) => new(
        loop.MemoryPool,
        reader,
        writer,
        pauseWriterThreshold: limit ?? 0,
        resumeWriterThreshold: (limit ?? 0) / 2,
        useSynchronizationContext: false);
}
