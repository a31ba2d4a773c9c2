using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Transport.Core.Loops;

namespace Transport.Core.Connections.Input;

/// <summary>
/// A read whose continuation always runs where application code runs. A pipe read that completes before it is awaited would continue on the
/// awaiting thread. This one stays pending until its continuation runs.
/// </summary>
internal sealed class FirstRead(ValueTask<ReadResult> read, EventLoop loop) : IValueTaskSource<ReadResult>
{
    /// <summary>False: the pipe itself runs the continuation where application code runs.</summary>
    private readonly bool _isThere = read.IsCompleted;
    private Action<object?>? _continuation;
    private object? _state;
    private ExecutionContext? _context;
    private bool _continues;

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token)
    {
        if (!_continues)
        {
            return ValueTaskSourceStatus.Pending;
        }

        return read.IsCompletedSuccessfully ? ValueTaskSourceStatus.Succeeded
            : read.IsCanceled ? ValueTaskSourceStatus.Canceled : ValueTaskSourceStatus.Faulted;
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => read.GetAwaiter().GetResult();

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        if (_continuation is not null)
        {
            throw new InvalidOperationException("A read was awaited twice.");
        }

        (_continuation, _state) = (continuation, state);
        _context = (flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0 ? ExecutionContext.Capture() : null;
        if (_isThere)
        {
            loop.Application.Schedule(static first => ((FirstRead)first!).Continue(), this);
        }
        else
        {
            read.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(Continue);
        }
    }

    private void Continue()
    {
        _continues = true;
        if (_context is null)
        {
            _continuation!(_state);
        }
        else
        {
            ExecutionContext.Run(_context, static first => ((FirstRead)first!)._continuation!(((FirstRead)first)._state), this);
        }
    }
}
