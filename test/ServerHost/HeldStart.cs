using Microsoft.Extensions.Hosting;

namespace ServerHost;

/// <summary>
/// Holds the start when the server has bound its end points: creates PATH.held, and waits until PATH exists. Only then the host counts as
/// started.
/// </summary>
internal sealed class HeldStart(string path) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(path + ".held", "", cancellationToken);
        while (!File.Exists(path))
        {
            await Task.Delay(5, cancellationToken);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
