using System.Globalization;
using Soak.Measuring;

namespace Soak.Clients;

/// <summary>A client that does one thing after another until it is told to stop. What it does follows from its seed alone.</summary>
internal abstract class Client(ClientContext context)
{
    /// <summary>No step may take longer. Generous: the machine may be busy with other work.</summary>
    private static readonly TimeSpan StepDeadline = TimeSpan.FromSeconds(75);

    private int _steps;

    /// <summary>Requests of this client, by which the report counts.</summary>
    protected KindTally Tally { get; } = context.Tally.For(context.Kind);

    protected Random Random { get; } = new(context.Seed);

    protected ClientContext Context => context;

    /// <summary>The round ends: a step that takes long may end early.</summary>
    protected CancellationToken Stopping { get; private set; }

    /// <summary>Runs until <paramref name="stop"/>; a step that has begun is finished, and its connections are closed.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        Stopping = stop;
        while (!stop.IsCancellationRequested)
        {
            _steps++;
            try
            {
                using CancellationTokenSource deadline = new CancellationTokenSource(StepDeadline);
                await StepAsync(deadline.Token);
            }
            catch (Exception exception)
            {
                context.Tally.Failed(context.Kind, $"seed {context.Seed.ToString(CultureInfo.InvariantCulture)}, step {_steps}", exception);
                Release();
                await Task.Delay(200, CancellationToken.None);
            }
        }

        Release();
    }

    /// <summary>One request, or a few.</summary>
    protected abstract Task StepAsync(CancellationToken cancellation);

    /// <summary>Closes what is open.</summary>
    protected abstract void Release();

    /// <summary>Mostly small, now and then past every buffer on the way.</summary>
    protected int Size() => Random.Next(30) switch
    {
        0 => Random.Next(2_000_000),
        < 5 => Random.Next(100_000),
        _ => Random.Next(3000),
    };
}
