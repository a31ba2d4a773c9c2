using FileAio.Threads;
using Microsoft.Extensions.Logging;

namespace FileAio.Diagnostics;

/// <summary>
/// A logger for engine threads. Log providers and filters are application code and may block, so messages from an engine thread are logged
/// on the thread pool. On any other thread the message is logged at once.
/// </summary>
internal sealed class OffEngineLogger(ILogger logger) : ILogger
{
    // The maximum number of messages that wait for a provider that blocks. A guess.
    private const int Capacity = 1024;

    private readonly DeferredCalls _calls = new(Capacity);
    private long _dropped;

    /// <summary>Returns true on an engine thread; the pool thread calls the application's filters.</summary>
    public bool IsEnabled(LogLevel logLevel) => EngineThread.IsOwn || logger.IsEnabled(logLevel);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (!EngineThread.IsOwn)
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
        else if (!_calls.TryAdd(() => Pass(logLevel, eventId, state, exception, formatter)))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    private void Pass<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (logger.IsEnabled(logLevel))
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }

        long dropped = Interlocked.Exchange(ref _dropped, 0);
        if (dropped > 0)
        {
            logger.MessagesDropped(dropped);
        }
    }
}
