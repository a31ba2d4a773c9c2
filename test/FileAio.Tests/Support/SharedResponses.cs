using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Files;
using FileAio.Reading;

namespace FileAio.Tests.Support;

/// <summary>Responses that read one file, and the reads, buffers and memory that they share.</summary>
internal sealed class SharedResponses(IFileEngine engine, long memory) : IDisposable
{
    /// <summary>The bytes of a read.</summary>
    public const int Length = 4096;

    /// <summary>The size of the file in bytes.</summary>
    public const long Size = 1 << 20;

    public static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch + TimeSpan.FromDays(1);

    private SharedReads? _reads;

    public AlignedBufferPool Pool { get; } = new(new BufferBudget(memory)) { Poison = true };

    public SharedReads Reads => _reads ??= new SharedReads(Pool);

    public static FileFacts Version(long changed) => new(1, 7, 1, 0, 0, Size, 1, 0, changed, 0, 512, 512);

    /// <summary>What the file has at this offset.</summary>
    public static byte Mark(long position) => (byte)(1 + (position / Length));

    public static OpenedFile Open(FileFacts facts) => new(-1, facts, "f", null!, ETagPrecision.Nanoseconds);

    public SharedReader Enter(FileFacts facts)
    {
        SharedReader reader = Reads.Enter(Open(facts), Now, null)!;
        reader.Begin(0, facts.Size);
        return reader;
    }

    /// <summary>Rents a buffer and starts a read, or joins one.</summary>
    public PendingRead Start(SharedReader reader, long position, int length = Length) =>
        TryStart(reader, position, length) ?? throw new InvalidOperationException("no memory");

    /// <summary>Returns null if no buffer is free.</summary>
    public PendingRead? TryStart(SharedReader reader, long position, int length = Length) =>
        Pool.TryRent(length) is { } buffer
            ? reader.Start(new DirectReader(Open(Version(1)), -1, engine, inline: true), buffer, position, length)
            : null;

    public void Dispose() => Pool.Dispose();
}
