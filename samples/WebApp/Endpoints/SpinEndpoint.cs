using System.Diagnostics;

namespace WebApp.Endpoints;

/// <summary><c>GET /spin?us=N</c>: computes for N microseconds, at most a second, on the calling thread.</summary>
internal static class SpinEndpoint
{
    private const int MaxMicroseconds = 1_000_000;

    private static readonly Lazy<long> s_roundsPerMicrosecond = new(Calibrate);

    public static void MapSpin(this IEndpointRouteBuilder app)
    {
        _ = s_roundsPerMicrosecond.Value;
        app.MapGet("/spin", HandleAsync);
    }

    private static Task HandleAsync(HttpContext context)
    {
        if (!Query.TryReadCount(context, "us", MaxMicroseconds, out long microseconds))
        {
            return Query.RefuseAsync(context, "us", MaxMicroseconds);
        }

        Compute(microseconds);
        string answer = $"computed {microseconds} us\n";
        context.Response.ContentLength = answer.Length;
        return context.Response.WriteAsync(answer);
    }

    /// <summary>Does a fixed amount of work rather than a fixed time: on a busy machine it takes longer, as real computations do.</summary>
    private static void Compute(long microseconds) => Work(microseconds * s_roundsPerMicrosecond.Value);

    private static ulong Work(long rounds)
    {
        ulong state = 88172645463325252;
        for (long i = 0; i < rounds; i++)
        {
            // xorshift64: each round depends on the result of the last.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }

        return state;
    }

    /// <summary>Returns the fastest of several runs of about a millisecond: the others were interrupted, or not yet compiled.</summary>
    private static long Calibrate()
    {
        const int Rounds = 1_000_000;
        long best = 1;
        for (int run = 0; run < 20; run++)
        {
            long start = Stopwatch.GetTimestamp();
            Work(Rounds);
            best = Math.Max(best, (long)(Rounds / Stopwatch.GetElapsedTime(start).TotalMicroseconds));
        }

        return best;
    }
}
