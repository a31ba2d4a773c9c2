namespace WebApp.Live;

/// <summary>Files, of the whole process.</summary>
internal sealed record FilesSnapshot(bool Served, long BytesRead, long ReadsInFlight, long Fallbacks);
