using Microsoft.Extensions.Logging;

namespace Transport.Core.Diagnostics;

/// <summary>
/// Wraps the transport's logger and drops exceptions that a logging provider throws. Without it such an exception would end an accept loop
/// or leave a socket open.
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

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // The exception cannot be logged: the logger itself has thrown it.
        }
    }
}
