using FileAio;

namespace WebApp;

/// <summary>Represents file serving in <c>GET /transport</c>.</summary>
internal sealed class FilesReport
{
    /// <summary>One status per folder; empty if none is served.</summary>
    public IReadOnlyList<DirectIoFilesStatus> Folders { get; set; } = [];
}
