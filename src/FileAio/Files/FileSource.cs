using Microsoft.Extensions.FileProviders;

namespace FileAio.Files;

/// <summary>Where files come from: a folder, or a provider that knows more than one.</summary>
/// <param name="Root">The folder's absolute path; empty where a provider decides.</param>
/// <param name="MustExist">False for a folder that may be made later.</param>
/// <param name="Provider">Null for a folder.</param>
internal readonly record struct FileSource(string Root, bool MustExist, IFileProvider? Provider);
