using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace Transport.Core.Loops;

/// <summary>
/// One direction of a socket as something to await, over and over, without allocating. Awaited and completed on the loop's thread only,
/// so it needs no interlocked state; the continuation runs inside <see cref="Complete"/>.
/// </summary>
internal sealed class SocketCompletion : IValueTaskSource<SysResult>
{
    private Action<object?>? _continuation;
    private object? _state;
    private SysResult _result;
    private Exception? _failure;
    private short _version;
    private bool _completed;

    /// <summary>Somebody waits.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Begins a wait, which <see cref="Complete"/> ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ValueTask<SysResult> Wait()
    {
        IsPending = true;
        _completed = false;
        return new ValueTask<SysResult>(this, ++_version);
    }

    /// <summary>Ends the wait with an exception: code that is not the transport's failed (a memory pool), not a system call.</summary>
    public void Fail(Exception failure)
    {
        _failure = failure;
        Complete(default);
    }

    /// <summary>Ends the wait, and runs what awaited it.</summary>
    public void Complete(SysResult result)
    {
        IsPending = false;
        _completed = true;
        _result = result;
        Action<object?>? continuation = _continuation;
        if (continuation is not null)
        {
            object? state = _state;
            _continuation = null;
            _state = null;
            continuation(state);
        }
    }

    SysResult IValueTaskSource<SysResult>.GetResult(short token)
    {
        if (token != _version || !_completed)
        {
            throw Misused();
        }

        if (_failure is { } failure)
        {
            _failure = null;
            ExceptionDispatchInfo.Throw(failure);
        }

        return _result;
    }

    ValueTaskSourceStatus IValueTaskSource<SysResult>.GetStatus(short token) =>
        token != _version ? throw Misused() : _completed ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

    /// <remarks>The transport's own code awaits, with no context to flow: <paramref name="flags"/> asks for nothing that is not so
    /// already.</remarks>
    void IValueTaskSource<SysResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        if (token != _version || _continuation is not null)
        {
            throw Misused();
        }

        if (_completed)
        {
            continuation(state);
            return;
        }

        _state = state;
        _continuation = continuation;
    }

    private static InvalidOperationException Misused() => new("A socket's operation was awaited twice, or its result read before it was there.");
}
