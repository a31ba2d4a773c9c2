using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace FileAio.Tests.Support;

/// <summary>What was logged.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();

    public IEnumerable<string> At(LogLevel level) => _lines.Where(line => line.Level == level).Select(line => line.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
        => _lines.Enqueue((logLevel, formatter(state, exception) + (exception is null ? "" : " " + exception)));

    public void Dispose()
    {
    }
}
