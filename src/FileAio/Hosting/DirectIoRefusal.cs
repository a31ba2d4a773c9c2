namespace FileAio;

/// <summary>A device of which files were asked for direct reads and refused them: they are read through the page cache.</summary>
/// <param name="Device">The device's numbers, major:minor.</param>
/// <param name="WholeDevice">Whether no file of the device takes direct reads (tmpfs, ramfs); otherwise only the files counted.</param>
/// <param name="Path">The first file that refused.</param>
/// <param name="Reason">Why it refused.</param>
/// <param name="Files">Files that have refused since the process began; of a whole device, those asked before it was known.</param>
public sealed record DirectIoRefusal(string Device, bool WholeDevice, string Path, string Reason, int Files);
