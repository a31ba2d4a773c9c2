using System.Globalization;
using System.Runtime.CompilerServices;

namespace Test.Shared;

/// <summary>A wait that hangs fails with what was waited for. Generous: it never decides whether something is fast enough.</summary>
public static class Deadline
{
    /// <summary>30 s; TEST_DEADLINE, in seconds, says otherwise to somebody who hunts for a hang.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(
        double.TryParse(Environment.GetEnvironmentVariable("TEST_DEADLINE"), CultureInfo.InvariantCulture, out double seconds) ? seconds
            : 30);

    public static async Task<T> WithinDeadline<T>(this Task<T> task, [CallerArgumentExpression(nameof(task))] string? what = null)
    {
        try
        {
            return await task.WaitAsync(Default);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Waited {Default.TotalSeconds:0} s in vain for: {what}");
        }
    }

    public static async Task WithinDeadline(this Task task, [CallerArgumentExpression(nameof(task))] string? what = null)
    {
        try
        {
            await task.WaitAsync(Default);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Waited {Default.TotalSeconds:0} s in vain for: {what}");
        }
    }

    public static Task<T> WithinDeadline<T>(this ValueTask<T> task, [CallerArgumentExpression(nameof(task))] string? what = null)
        => task.AsTask().WithinDeadline(what);

    public static Task WithinDeadline(this ValueTask task, [CallerArgumentExpression(nameof(task))] string? what = null)
        => task.AsTask().WithinDeadline(what);

    /// <summary>For what announces itself by no event, such as a count that the kernel keeps: looks again until it holds.</summary>
    public static async Task Until(Func<bool> condition, Func<string> otherwise)
    {
        long end = Environment.TickCount64 + (long)Default.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
            {
                throw new TimeoutException($"After {Default.TotalSeconds:0} s: {otherwise()}");
            }

            await Task.Delay(5);
        }
    }

    /// <summary>A token that is cancelled at the deadline.</summary>
    public static CancellationToken Token => new CancellationTokenSource(Default).Token;
}
