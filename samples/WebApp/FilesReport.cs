using FileAio;

namespace WebApp;

/// <summary>How files are served, for <c>GET /transport</c>.</summary>
internal sealed class FilesReport
{
    /// <summary>One for each folder; empty where none is served.</summary>
    public IReadOnlyList<DirectIoFilesStatus> Folders { get; set; } = [];
}
