namespace WebApp.Live;

/// <summary>Represents the content of the live page, once per second.</summary>
internal sealed record LiveSnapshot(IReadOnlyList<SideSnapshot> Sides, FilesSnapshot Files);
