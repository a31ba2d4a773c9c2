namespace Bench.Files;

/// <summary>A work that requests files.</summary>
internal interface IFileWork
{
    /// <summary>Whether the page cache is emptied before the measurement.</summary>
    bool Cold { get; }

    /// <summary>The files that the work reads; null when it reads none.</summary>
    FileGroup? Reads { get; }
}
