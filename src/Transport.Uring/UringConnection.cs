using Transport.Core.Interop.Sockets;
using Transport.Core.Loops.Sockets;
using Transport.Uring.Rings;

namespace Transport.Uring;

/// <summary>
/// A connected socket on a <see cref="UringLoop"/>: one operation in flight for each direction, and closing. Receiving is in
/// <c>UringConnection.Receive.cs</c>, sending in <c>UringConnection.Send.cs</c>.
/// </summary>
internal sealed partial class UringConnection : LoopConnection, IUringSocket
{
    private readonly UringLoop _loop;
    private readonly UserData _id;

    /// <summary>The socket's descriptor until it is closed, which is after <see cref="LoopConnection.Descriptor"/> has become −1.</summary>
    private readonly int _socket;

    private DescriptorUse _elsewhere;
    private TaskCompletionSource? _closed;

    public UringConnection(UringLoop loop, int descriptor)
        : base(descriptor)
    {
        _loop = loop;
        _socket = descriptor;
        _buffer = new ReceiveBuffer(loop.MaximumBuffer);
        _id = loop.Add(this);
    }

    private bool IsClosed => Descriptor < 0;

    public override ValueTask CloseAsync()
    {
        Close();
        return _closed is null ? ValueTask.CompletedTask : new ValueTask(_closed.Task);
    }

    public void Close()
    {
        if (IsClosed)
        {
            return;
        }

        _loop.AssertCurrent();
        Descriptor = -1;

        EndDeferredSend();
        _loop.Held.ReturnAll(ref _held);
        if (!HasOperations)
        {
            CloseDescriptor();
            return;
        }

        _closed = new TaskCompletionSource();
        if (_receiving != Step.None)
        {
            _loop.Cancel(_id);
        }

        if (_isWatching)
        {
            _loop.Cancel(_id with { Kind = OperationKind.HangUp });
        }

        if (_sending == Step.Notification)
        {
            IoUring.Disconnect(_socket);
        }
        else if (_sending != Step.None)
        {
            _loop.Cancel(_id with { Kind = OperationKind.Outgoing });
        }
    }

    public void ShutDown() => _ = _isZeroCopy ? IoUring.Disconnect(_socket) : SocketCalls.Shutdown(_socket);

    private bool HasOperations => _receiving != Step.None || _sending != Step.None || _isWatching;

    public bool IsInFlight(OperationKind kind) => kind switch
    {
        OperationKind.Incoming => _receiving != Step.None,
        OperationKind.HangUp => _isWatching,
        _ => _sending != Step.None,
    };

    public bool IsCanceling(OperationKind kind) => kind switch
    {
        OperationKind.Incoming => _isStopping || (IsClosed && _receiving != Step.None),
        OperationKind.HangUp => IsClosed && _isWatching,
        _ => IsClosed && _sending is not (Step.None or Step.Notification),
    };

    public void OnCompletion(OperationKind kind, int result, uint flags)
    {
        switch (kind)
        {
            case OperationKind.Incoming:
                Received(result, flags);
                break;
            case OperationKind.HangUp:
                HungUp();
                break;
            default:
                Sent(result, flags);
                break;
        }
    }

    /// <summary>
    /// Handles the completion of an operation of a closed connection: its awaiter is completed, and the last one closes the descriptor.
    /// </summary>
    private void Canceled(SocketCompletion? operation)
    {
        if (operation is { IsPending: true })
        {
            operation.Complete(SysResult.Canceled);
        }

        if (!HasOperations)
        {
            CloseDescriptor();
        }
    }

    private void CloseDescriptor()
    {
        _loop.Remove(_id);
        if (_elsewhere.Close())
        {
            SocketCalls.Close(_socket);
        }

        _closed?.SetResult();
    }

    /// <summary>Specifies what is in flight for a direction.</summary>
    private enum Step : byte
    {
        None,

        /// <summary>A receive into the buffer ring, or a send.</summary>
        Transfer,

        /// <summary>A receive into the pipe's memory that does not wait.</summary>
        TransferIntoPipe,

        /// <summary>A receive into the pipe's memory that waits for data.</summary>
        WaitIntoPipe,

        /// <summary>A multishot receive into the buffer ring.</summary>
        Multishot,

        /// <summary>A poll, after −EAGAIN.</summary>
        Poll,

        /// <summary>The kernel still uses the memory of a completed zero-copy send.</summary>
        Notification,
    }
}
