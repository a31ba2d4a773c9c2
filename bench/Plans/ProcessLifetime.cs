namespace Bench.Plans;

/// <summary>How long a server process lives.</summary>
internal enum ProcessLifetime
{
    /// <summary>One process of each candidate for all works of a generation; all are alive at the same time and take turns.</summary>
    Generation,

    /// <summary>One process of each candidate for all points of a work, one candidate after the other.</summary>
    Work,

    /// <summary>A new process for every cell.</summary>
    Cell,
}
