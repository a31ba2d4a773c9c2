namespace FileAio.Tests.Support;

/// <summary>A blocking eventfd: a read of it completes after a signal only. Each signal ends one read.</summary>
internal sealed class TestEvent : IDisposable
{
    public int Descriptor { get; } = (int)EventFd.Create(0).ThrowIfError("eventfd");

    public void Dispose() => Unistd.Close(Descriptor);
}
