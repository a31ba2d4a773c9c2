using System.Diagnostics;

namespace Transport.Core.Loops.Merging;

/// <summary>Decides when loops merge, and when they part again.</summary>
/// <remarks>
/// Two loops, and clients that keep one processor busy, are more threads than two processors run: each loop uses half a processor, waits
/// for one a third of the time, and finds one or two requests in an iteration. Merged, the same requests take four fifths of the CPU time
/// (docs/decisions/0026). All figures here are guesses, between what was measured of works that gain by merging and of works that lose.
/// </remarks>
internal class MergePolicy
{
    /// <summary>
    /// The time that two loops together use, in processors, for one thread to serve both: batches get cheaper as they grow.
    /// </summary>
    private const double MostUsed = 1.1;

    /// <summary>The share of the time in which they are runnable, for which two loops together wait for a processor.</summary>
    private const double LeastDelayed = 0.35;

    /// <summary>Measurements that agree before loops merge.</summary>
    private const int MeasurementsForMerging = 3;

    /// <summary>
    /// The idle processors' share of what a merged thread uses from which the loops part: each would find half of that elsewhere.
    /// </summary>
    private const double IdleShare = 0.5;

    /// <summary>A merged thread that uses so much of a processor has no time left, and less that is idle elsewhere is enough.</summary>
    private const double Saturated = 0.9;
    private const double IdleWhenSaturated = 0.35;

    /// <summary>
    /// What merged loops do at least of what they did before. They do less if they compete with threads that compute: two threads get more
    /// of the processors than one.
    /// </summary>
    private const double LeastEvents = 0.9;

    /// <summary>
    /// From here on an iteration has so many events that merging would not make them cheaper: what a hundred connections and their requests
    /// touch does not stay in a processor's cache until they are answered.
    /// </summary>
    private const double MostEventsPerWait = 24;

    /// <summary>How often a loop measures, in ticks of <see cref="Stopwatch"/>.</summary>
    public virtual long MeasureEvery => Stopwatch.Frequency / 10;

    /// <summary>Measurements that agree before loops part.</summary>
    public virtual int MeasurementsForParting => 2;

    /// <summary>How long loops stay apart at least, once they have parted.</summary>
    public virtual TimeSpan ShortestBackOff => TimeSpan.FromMilliseconds(250);

    /// <summary>How long at most, however soon they have parted each time.</summary>
    public virtual TimeSpan LongestBackOff => TimeSpan.FromSeconds(8);

    /// <param name="guest">The last measurement of the loop that asks.</param>
    /// <param name="host">The last measurement of another one. It is old if that loop has nothing to do.</param>
    public virtual bool ShouldMerge(LoopLoad.Sample guest, LoopLoad.Sample host) =>
        guest.At - host.At <= 2 * MeasureEvery && guest.Contended >= MeasurementsForMerging && host.Contended >= MeasurementsForMerging
        && !guest.HasLongItems && !host.HasLongItems
        && guest.EventsPerWait <= MostEventsPerWait && host.EventsPerWait <= MostEventsPerWait
        && guest.Used + host.Used <= MostUsed
        && guest.Delay + host.Delay >= (guest.Used + guest.Delay + host.Used + host.Delay) * LeastDelayed;

    /// <param name="host">The last measurement of the thread that leads the merged loops.</param>
    /// <param name="eventsBefore">What the loops did before the last of them merged, in events per second.</param>
    public virtual bool ShouldPart(LoopLoad.Sample host, double eventsBefore) =>
        host.At != 0
        && (host.HasLongItems
            || host.Idle >= (host.Used >= Saturated ? IdleWhenSaturated : host.Used * IdleShare)
            || host.Events < eventsBefore * LeastEvents);
}
