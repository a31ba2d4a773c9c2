using FileAio.Engines;
using FileAio.Reading;

namespace FileAio.Tests.Support;

/// <summary>An engine whose reads the test completes.</summary>
internal sealed class ManualEngine : IFileEngine
{
    public string Name => "manual";

    public List<FileRead> Reads { get; } = [];

    public List<FileRead> Cancelled { get; } = [];

    /// <summary>Called instead of accepting a read.</summary>
    public Action? Refuse { get; set; }

    InFlightReads IFileEngine.Reads { get; } = new();

    public void Submit(FileRead read)
    {
        Refuse?.Invoke();
        Reads.Add(read);
    }

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
