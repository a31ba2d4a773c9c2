namespace Transport.Tests.Scheduling;

/// <summary>A point between two atomic steps of a modelled thread.</summary>
/// <param name="At">Where it is, with the locals that decide what it does next: two equal states must have equal futures.</param>
/// <param name="Ready">Null, or what it waits for: the thread takes its next step only while it holds.</param>
internal readonly record struct Step(string At, Func<bool>? Ready = null);

/// <summary>A small concurrent system that is started anew for every schedule.</summary>
internal interface IModelledSystem
{
    /// <summary>The threads, each a sequence of atomic steps. The code between two steps is not interrupted.</summary>
    IReadOnlyList<IEnumerator<Step>> Threads { get; }

    /// <summary>Everything that the threads share, as text.</summary>
    string Shared { get; }

    /// <summary>No thread can take a step: what must hold then.</summary>
    void AssertQuiescent();
}

/// <summary>
/// Runs a modelled system under every schedule: depth first, from the start each time, and not beyond a state that was reached before.
/// </summary>
internal static class Interleavings
{
    /// <returns>How many different states there are.</returns>
    public static int Explore(Func<IModelledSystem> create)
    {
        HashSet<string> seen = [];
        Stack<int[]> open = new([[]]);
        while (open.TryPop(out int[]? schedule))
        {
            IModelledSystem system = create();
            bool[] ended = new bool[system.Threads.Count];
            try
            {
                foreach (int thread in schedule)
                {
                    ended[thread] = !system.Threads[thread].MoveNext();
                }

                if (!seen.Add(KeyOf(system, ended)))
                {
                    continue;
                }

                int[] ready = [.. Enumerable.Range(0, ended.Length).Where(thread => !ended[thread] && IsReady(system.Threads[thread]))];
                if (ready.Length == 0)
                {
                    system.AssertQuiescent();
                }

                foreach (int thread in ready)
                {
                    open.Push([.. schedule, thread]);
                }
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Schedule {string.Join(" ", schedule)}: {exception.Message}", exception);
            }
        }

        return seen.Count;
    }

    private static bool IsReady(IEnumerator<Step> thread) => thread.Current.Ready?.Invoke() ?? true;

    private static string KeyOf(IModelledSystem system, bool[] ended) =>
        string.Join("|", system.Threads.Select((thread, i) => ended[i] ? "ended" : thread.Current.At ?? "")) + "|" + system.Shared;
}
