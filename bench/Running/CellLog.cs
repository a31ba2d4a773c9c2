using Bench.Plans;
using Bench.Results;
using Bench.Works;

namespace Bench.Running;

/// <summary>The cells of a run so far, and which candidates cannot do which work.</summary>
internal sealed class CellLog
{
    private readonly List<Cell> _cells = [];
    private readonly List<Cell> _undisturbed = [];
    private readonly Dictionary<(string Work, string Series), double> _systemCalls = [];
    private readonly HashSet<(string Work, string Series)> _unable = [];

    /// <summary>The cells of all rounds, accepted and refused.</summary>
    public IReadOnlyList<Cell> Cells => _cells;

    /// <summary>Uninterrupted windows beside sliced pairs: latencies and instructions.</summary>
    public IReadOnlyList<Cell> Undisturbed => _undisturbed;

    /// <summary>Whether any request has been answered in this run.</summary>
    public bool HasAnswers => _cells.Any(cell => cell.Requests is > 0);

    public void Add(Cell cell) => _cells.Add(cell);

    public void AddUndisturbed(Cell cell) => _undisturbed.Add(cell);

    public void AddSystemCalls(Work work, Candidate candidate, double perRequest) =>
        _systemCalls[(work.Name, candidate.Series)] = perRequest;

    public IReadOnlyDictionary<string, double>? SystemCallsOf(Work work)
    {
        Dictionary<string, double> calls = _systemCalls.Where(entry => entry.Key.Work == work.Name)
            .ToDictionary(entry => entry.Key.Series, entry => entry.Value);
        return calls.Count == 0 ? null : calls;
    }

    /// <summary>Records that a candidate answers no request of a work: further rounds are not attempted.</summary>
    public void MarkUnable(Work work, Candidate candidate) => _unable.Add((work.Name, candidate.Series));

    public bool IsUnable(Work work, Candidate candidate) => _unable.Contains((work.Name, candidate.Series));

    /// <summary>Records a failure as a refused cell of a candidate.</summary>
    public void Refuse(Work work, Candidate candidate, int generation, string reason) =>
        _cells.Add(new Cell
        {
            Server = candidate.Name,
            Work = work.Name,
            Series = candidate.Series,
            Generation = generation,
            Refused = reason,
        });
}
