using System.IO.Pipelines;
using FileAio.Threads;

namespace FileAio.Engines.Uring;

/// <summary>Delivers the results of a ring's operations to where their continuations run.</summary>
internal sealed class RingDelivery
{
    private readonly Func<PipeScheduler>? _application;
    private readonly CompletionQueue _completions = new();

    /// <param name="threads">The engine for reads that the kernel cannot queue.</param>
    /// <param name="application">Where the continuations of opens run; null for the thread pool.</param>
    public RingDelivery(IFileEngine threads, Func<PipeScheduler>? application = null)
    {
        (Threads, _application) = (threads, application);
        (Completed, CompletedOnPool, NotRun) = (Complete, CompleteOnPool, RefuseOperation);
    }

    /// <summary>The engine for reads that the kernel cannot queue.</summary>
    public IFileEngine Threads { get; }

    /// <summary>An operation has completed. On the engine's thread, where inline continuations run.</summary>
    public Action<IRingOperation, SysResult> Completed { get; }

    /// <summary>An operation has completed. On any other thread.</summary>
    public Action<IRingOperation, SysResult> CompletedOnPool { get; }

    /// <summary>The kernel will never run an operation.</summary>
    public Action<IRingOperation, SysResult> NotRun { get; }

    /// <summary>Completes a read that was withdrawn before it was submitted.</summary>
    public void Cancel(FileRead read) => _completions.Add(read, SysResult.Error(Errno.ECANCELED));

    /// <summary>Completes a read for which there is no room.</summary>
    public void Refuse(FileRead read) => _completions.Add(read, SysResult.Error(Errno.EAGAIN));

    private void Complete(IRingOperation operation, SysResult result)
    {
        if (operation is not FileRead read)
        {
            CompleteOpen((RingOpen)operation);
        }
        else if (UringSetup.IsShortage(result))
        {
            read.PassTo(Threads);
        }
        else
        {
            _completions.Deliver(read, result);
        }
    }

    private void CompleteOpen(RingOpen open)
    {
        if (_application is null)
        {
            PoolQueue.Add(static open => open.Complete(), open, preferLocal: false);
        }
        else
        {
            _application().Schedule(static open => ((RingOpen)open!).Complete(), open);
        }
    }

    private void CompleteOnPool(IRingOperation operation, SysResult result)
    {
        if (operation is FileRead read)
        {
            _completions.Add(read, result);
        }
        else
        {
            PoolQueue.Add(static open => open.Complete(), (RingOpen)operation, preferLocal: false);
        }
    }

    private void RefuseOperation(IRingOperation operation, SysResult reason)
    {
        if (operation is FileRead read)
        {
            read.PassTo(Threads);
        }
        else
        {
            PoolQueue.Add(static open => open.Refuse(), (RingOpen)operation, preferLocal: false);
        }
    }
}
