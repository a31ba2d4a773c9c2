using FileAio.Files;
using FileAio.Interop;
using static Shared.Uring.Interop.IoUring;

namespace FileAio.Engines.Uring;

/// <summary>
/// An open of a file on a ring: openat2(2), and statx(2) of the descriptor. The caller may abandon it; the descriptor is then closed when
/// the kernel returns it. It holds a reference to the folder, since the kernel resolves the path when it runs the open.
/// </summary>
/// <remarks>
/// The kernel runs each statx of a ring on one of its threads (13 µs of CPU time a request, measured). On a local filesystem the inode is in
/// memory after the open, so that statx does not wait; it is then called directly.
/// </remarks>
/// <param name="folder">The folder.</param>
/// <param name="relative">The path below it.</param>
/// <param name="folderDescriptor">Its descriptor.</param>
/// <param name="arguments">The memory of the system calls; the open frees it.</param>
/// <param name="statOnRing">Whether statx may wait for a server.</param>
internal sealed class RingOpen(FileRoot folder, string relative, int folderDescriptor, OpenArguments arguments, bool statOnRing)
    : IRingOperation
{
    private const int NotOpen = -1;

    // Continuations run where Complete is called.
    private readonly TaskCompletionSource<OpenResult> _done = new();
    private int _descriptor = NotOpen;
    private bool _retried;
    private SysResult _result = SysResult.Error(Errno.ECANCELED);

    public int Slot { get; set; } = -1;

    public Task<OpenResult> Task => _done.Task;

    io_uring_sqe IRingOperation.Prepare() =>
        _descriptor == NotOpen ? FileSqe.Open(folderDescriptor, arguments) : FileSqe.Stat(_descriptor, arguments);

    bool IRingOperation.Continue(SysResult result)
    {
        if (_descriptor != NotOpen)
        {
            _result = result;
            return false;
        }

        if (!result.IsError)
        {
            _descriptor = (int)result.Value;
            _result = statOnRing ? SysResult.Error(Errno.ECANCELED) : result;
            return statOnRing;
        }

        // Once: a stale handle of a network filesystem.
        bool again = result.Errno == Errno.ESTALE && !_retried;
        (_retried, _result) = (true, result);
        return again;
    }

    /// <summary>Completes the task, unless it was abandoned. Called once, after the last system call.</summary>
    public void Complete()
    {
        OpenResult opened = Finish();
        if (!_done.TrySetResult(opened))
        {
            opened.File?.Release();
        }
    }

    /// <summary>Completes the open that no kernel will run.</summary>
    public void Refuse()
    {
        Release();
        _done.TrySetResult(Refused);
    }

    /// <summary>Completes the task as refused. Returns false if it has already completed; the caller then owns the result.</summary>
    public bool TryAbandon() => _done.TrySetResult(Refused);

    private static OpenResult Refused => new(SysResult.Error(Errno.EAGAIN), null, false);

    private OpenResult Finish()
    {
        try
        {
            if (_descriptor == NotOpen)
            {
                return new OpenResult(_result.Errno == Errno.ECANCELED ? SysResult.Error(Errno.EAGAIN) : _result, null, false);
            }

            FileFacts facts = default;
            SysResult stated = _result;
            if (!statOnRing)
            {
                stated = FileFacts.OfOpened(_descriptor, out facts);
            }
            else if (!stated.IsError)
            {
                facts = FileFacts.From(arguments.ReadFacts());
            }

            SysResult adopted = folder.Adopt(_descriptor, stated, facts, relative, out OpenedFile? file, out bool isDirectory);
            return new OpenResult(adopted.Errno == Errno.ECANCELED ? SysResult.Error(Errno.EAGAIN) : adopted, file, isDirectory);
        }
        finally
        {
            Release();
        }
    }

    private void Release()
    {
        arguments.Dispose();
        folder.Release();
    }
}
