using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;

namespace Soak.Measuring;

/// <summary>What all clients did, by kind of client, and what went wrong.</summary>
internal sealed class Tally
{
    private const int KeptFailures = 30;

    private readonly ConcurrentDictionary<string, KindTally> _kinds = new();
    private readonly ConcurrentDictionary<string, long> _errors = new();
    private readonly ConcurrentQueue<string> _failures = new();

    public IReadOnlyDictionary<string, KindTally> Kinds => _kinds;

    /// <summary>Failures by client and error.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    /// <summary>The first failures, each with what is needed to find it again.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    public KindTally For(string kind) => _kinds.GetOrAdd(kind, static _ => new KindTally());

    /// <summary>A request that was not answered as it must be.</summary>
    public void Failed(string kind, string where, Exception exception)
    {
        For(kind).AddError();
        _errors.AddOrUpdate($"{kind}: {Name(exception)}", 1, static (_, sum) => sum + 1);
        if (_failures.Count < KeptFailures)
        {
            string time = DateTime.UtcNow.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
            _failures.Enqueue($"{time} {kind}, {where}: {exception.GetType().Name}: {exception.Message}");
        }
    }

    private static string Name(Exception exception) => exception switch
    {
        SocketException socket => socket.SocketErrorCode.ToString(),
        WrongAnswerException wrong => wrong.Kind,
        OperationCanceledException => "no answer before the deadline",
        { InnerException: { } inner } => $"{exception.GetType().Name} ({Name(inner)})",
        _ => exception.GetType().Name,
    };
}
