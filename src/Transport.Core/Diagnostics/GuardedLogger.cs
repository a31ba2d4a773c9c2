using Microsoft.Extensions.Logging;

namespace Transport.Core.Diagnostics;

/// <summary>
/// The transport's logger, made safe: a provider that throws must not end accepting for ever or leave a socket open
/// (which is how Kestrel's own accept loop has been lost in production). What it threw is dropped, since the log is where it would be told.
/// </summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // Nobody is left to tell.
        }
    }
}
