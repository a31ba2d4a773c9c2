namespace FileAio;

/// <summary>Represents a device with files that refused direct reads. They are read through the page cache.</summary>
/// <param name="Device">The device number, major:minor.</param>
/// <param name="WholeDevice">Whether the whole device does not support direct reads (tmpfs, ramfs), or only the counted files.</param>
/// <param name="Path">The first file that refused.</param>
/// <param name="Reason">Why it refused direct reads.</param>
/// <param name="Files">
/// The number of files that refused since process start. For a whole device, the files opened before that was known.
/// </param>
public sealed record DirectIoRefusal(string Device, bool WholeDevice, string Path, string Reason, int Files);
