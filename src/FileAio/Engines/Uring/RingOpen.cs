using FileAio.Files;
using FileAio.Interop;
using static Shared.Uring.Interop.IoUring;

namespace FileAio.Engines.Uring;

/// <summary>
/// An open of a file on a ring: openat2(2), and statx(2) of the descriptor. The caller may abandon it; the descriptor is then closed when
/// the kernel returns it.
/// </summary>
/// <remarks>
/// The kernel runs each statx of a ring on one of its threads (13 µs of CPU time a request, measured). On a local filesystem the inode is
/// in memory after the open, so that statx does not wait; it is then called directly.
/// </remarks>
internal sealed class RingOpen : IRingOperation
{
    private static readonly SysResult NotRun = SysResult.Error(Errno.EAGAIN);

    // Continuations run where Complete is called.
    private readonly TaskCompletionSource<OpenResult> _done = new();
    private readonly PendingOpen _pending;
    private readonly LinkedListNode<IRingOperation> _node;
    private SysResult _opened = NotRun, _stated = NotRun;
    private bool _isOpen, _retried;

    public RingOpen(PendingOpen pending)
    {
        _pending = pending;
        _node = new LinkedListNode<IRingOperation>(this);
    }

    public int Slot { get; set; } = -1;

    /// <summary>The engine that has accepted the open, if it is not the one that the caller submitted it to.</summary>
    public IOpenEngine? PassedTo { get; set; }

    public Task<OpenResult> Task => _done.Task;

    private static OpenResult Refused => new(NotRun, null, false);

    bool IRingOperation.IsOpen => true;

    LinkedListNode<IRingOperation> IRingOperation.Node => _node;

    io_uring_sqe IRingOperation.Prepare()
    {
        if (_isOpen)
        {
            return FileSqe.Stat((int)_opened.Value, _pending.Arguments);
        }

        // The caller has tried without waiting: the kernel need not do so again, and passes the open to one of its threads.
        io_uring_sqe open = FileSqe.Open(_pending.Folder, _pending.Arguments);
        open.flags |= 1 << IOSQE_ASYNC_BIT;
        return open;
    }

    bool IRingOperation.Continue(SysResult result)
    {
        if (result.Errno == Errno.ECANCELED)
        {
            result = NotRun;
        }

        if (_isOpen)
        {
            _stated = result;
            return false;
        }

        _opened = result;
        _isOpen = !result.IsError;
        bool isStale = result.Errno == Errno.ESTALE && !_retried; // of a network filesystem: once again
        _retried |= isStale;
        return isStale || (_isOpen && _pending.StatCompletesLater);
    }

    /// <summary>Completes the task, unless it was abandoned. Called once, after the last system call.</summary>
    public void Complete()
    {
        OpenResult opened = _pending.Finish(_opened, _stated);
        if (!_done.TrySetResult(opened))
        {
            opened.File?.Release();
        }
    }

    /// <summary>Completes the open that no kernel will run.</summary>
    public void Refuse()
    {
        if (_isOpen)
        {
            Unistd.Close((int)_opened.Value); // statx was refused
        }

        _pending.Release();
        _done.TrySetResult(Refused);
    }

    /// <summary>Completes the task as refused. Returns false if it has already completed; the caller then owns the result.</summary>
    public bool TryAbandon() => _done.TrySetResult(Refused);
}
