using FileAio.Interop;

namespace FileAio.Files;

/// <summary>
/// An open by openat2(2), and perhaps statx(2), that complete later. It holds a reference to the folder, since the kernel resolves the path
/// when it runs the open. The owner calls <see cref="Finish"/> or <see cref="Release"/> once, when the kernel uses neither any more.
/// </summary>
/// <param name="folder">The folder, with a reference that is released.</param>
/// <param name="relative">The path below it.</param>
/// <param name="descriptor">The folder's descriptor.</param>
/// <param name="arguments">The memory of the system calls.</param>
/// <param name="isLocal">Whether statx of a file that was just opened does not wait.</param>
internal sealed class PendingOpen(FileRoot folder, string relative, int descriptor, OpenArguments arguments, bool isLocal)
{
    public int Folder => descriptor;

    public OpenArguments Arguments => arguments;

    /// <summary>Whether statx may wait for a server, and has to complete later too; otherwise <see cref="Finish"/> calls it.</summary>
    public bool StatCompletesLater => !isLocal;

    /// <summary>Makes the result of the open.</summary>
    /// <param name="opened">The descriptor, or the error of openat2.</param>
    /// <param name="stated">The result of statx, if it completes later.</param>
    public OpenResult Finish(SysResult opened, SysResult stated)
    {
        try
        {
            if (opened.IsError)
            {
                return new OpenResult(opened, null, false);
            }

            FileFacts facts = default;
            if (isLocal)
            {
                stated = FileFacts.OfOpened((int)opened.Value, out facts);
            }
            else if (!stated.IsError)
            {
                facts = FileFacts.From(arguments.ReadFacts());
            }

            SysResult adopted = folder.Adopt((int)opened.Value, stated, facts, relative, out OpenedFile? file, out bool isDirectory);
            return new OpenResult(adopted, file, isDirectory);
        }
        finally
        {
            Release();
        }
    }

    public void Release()
    {
        arguments.Dispose();
        folder.Release();
    }
}
