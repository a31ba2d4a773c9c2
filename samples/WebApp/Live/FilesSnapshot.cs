namespace WebApp.Live;

/// <summary>Represents the file counts of the whole process.</summary>
internal sealed record FilesSnapshot(bool Served, long BytesRead, long ReadsInFlight, long Fallbacks);
