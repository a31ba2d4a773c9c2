using Microsoft.Extensions.FileProviders;

namespace FileAio.Files;

/// <summary>The source of files: a folder, or a provider that combines several.</summary>
/// <param name="Root">The absolute path of the folder; empty for a provider.</param>
/// <param name="MustExist">Whether the folder must exist at start-up.</param>
/// <param name="Provider">The provider; null for a folder.</param>
internal readonly record struct FileSource(string Root, bool MustExist, IFileProvider? Provider);
