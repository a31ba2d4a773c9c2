using Microsoft.Extensions.Logging;

namespace Test.Shared;

/// <summary>One log entry, as it was written.</summary>
public sealed record LogEntry(string Category, LogLevel Level, EventId Id, string Message, Exception? Exception,
    IReadOnlyDictionary<string, object?> Values);

/// <summary>Keeps every log entry of a server and lets a test wait for the one it expects.</summary>
public sealed class LogCollector : ILoggerProvider
{
    private readonly Lock _lock = new();
    private readonly List<LogEntry> _entries = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<LogEntry> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries];
            }
        }
    }

    public async Task<LogEntry> WaitForAsync(Func<LogEntry, bool> predicate, string what)
    {
        Task end = Task.Delay(Deadline.Default);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_entries.FirstOrDefault(predicate) is { } entry)
                {
                    return entry;
                }

                changed = _changed.Task;
            }
            if (await Task.WhenAny(changed, end) == end)
            {
                throw new TimeoutException($"Never logged: {what}. Logged:\n{this}");
            }
        }
    }

    public Task<LogEntry> WaitForAsync(string category, int id, string? connectionId = null) => WaitForAsync(
        entry => entry.Category == category && entry.Id.Id == id
            && (connectionId is null || Equals(entry.Values.GetValueOrDefault("ConnectionId"), connectionId)),
        $"event {id} of {category}");

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    public override string ToString() => string.Join('\n', Entries.Select(entry =>
        $"{entry.Level} {entry.Category}[{entry.Id.Id}] {entry.Message} {entry.Exception?.GetType().Name}: {entry.Exception?.Message}"));

    private void Add(LogEntry entry)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _entries.Add(entry);
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        changed.SetResult();
    }

    private sealed class Logger(LogCollector collector, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            Dictionary<string, object?> values = new Dictionary<string, object?>();
            if (state is IEnumerable<KeyValuePair<string, object?>> pairs)
            {
                foreach ((string? key, object? value) in pairs)
                {
                    values[key] = value;
                }
            }

            collector.Add(new LogEntry(category, logLevel, eventId, formatter(state, exception), exception, values));
        }
    }
}
