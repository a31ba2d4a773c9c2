namespace WebApp.Live;

/// <summary>What the live page shows, once a second.</summary>
internal sealed record LiveSnapshot(IReadOnlyList<SideSnapshot> Sides, FilesSnapshot Files);
