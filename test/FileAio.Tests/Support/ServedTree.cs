namespace FileAio.Tests.Support;

/// <summary>The folder of the HTTP cases, served with the options as they come, for tests that only ask.</summary>
public sealed class ServedTree : IAsyncLifetime
{
    public FileTree Tree { get; } = new();

    internal FileServer Server { get; private set; } = null!;

    public int Port => Server.Port;

    public async ValueTask InitializeAsync() => Server = await FileServer.StartAsync(Tree.Root);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Tree.Dispose();
    }
}
