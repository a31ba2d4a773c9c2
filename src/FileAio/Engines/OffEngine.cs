using FileAio.Interop;
using FileAio.Threads;

namespace FileAio.Engines;

/// <summary>Reads synchronously: pread(2) on the calling thread, which waits for the disk. nginx: <c>aio off</c>.</summary>
internal sealed class OffEngine : IFileEngine
{
    public string Name => "off";

    public InFlightReads Reads { get; } = new();

    public void Submit(FileRead read)
    {
        read.SetResult(Libc.Read(read.Descriptor, read.Buffer, read.Length, read.Offset));
        read.Complete();
    }

    public void TryCancel(FileRead read)
    {
        // No read is ever in flight: Submit returns after the read.
    }

    public void Post(SendOrPostCallback work, object? state) => PoolQueue.Post(work, state);

    public void Dispose()
    {
    }
}
