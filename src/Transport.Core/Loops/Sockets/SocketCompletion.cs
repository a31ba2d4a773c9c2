using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace Transport.Core.Loops.Sockets;

/// <summary>
/// A reusable awaitable operation of one direction of a socket. It does not allocate. It is awaited and completed on the loop's thread
/// only, so it needs no interlocked state; the continuation runs inside <see cref="Complete"/>.
/// </summary>
internal sealed class SocketCompletion : IValueTaskSource<SysResult>
{
    private Action<object?>? _continuation;
    private object? _state;
    private SysResult _result;
    private Exception? _failure;
    private short _version;
    private bool _completed;

    /// <summary>An operation is pending.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Starts an operation, which <see cref="Complete"/> completes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ValueTask<SysResult> Wait()
    {
        IsPending = true;
        _completed = false;
        return new ValueTask<SysResult>(this, ++_version);
    }

    /// <summary>Fails the operation with an exception of code outside the transport (a memory pool), not of a system call.</summary>
    public void Fail(Exception failure)
    {
        _failure = failure;
        Complete(default);
    }

    /// <summary>Completes the operation, and runs its continuation.</summary>
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

    /// <remarks>Only the transport's own code awaits, without a context to flow: <paramref name="flags"/> can be ignored.</remarks>
    void IValueTaskSource<SysResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
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

    private static InvalidOperationException Misused() =>
        new("A socket operation was awaited twice, or its result was read before completion.");
}
