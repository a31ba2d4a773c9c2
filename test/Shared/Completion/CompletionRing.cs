using System.Runtime.InteropServices;
using Shared.Interop;
using Transport.Core.Interop;
using Transport.Core.Loops.Waiting;

namespace Test.Shared.Completion;

/// <summary>
/// A completion queue in memory: a thread plays the kernel, makes the calls when they can be made, and completes them. The loop gets the
/// results late and in any order, as a ring may deliver them.
/// </summary>
internal sealed unsafe class CompletionRing : IDisposable
{
    private const int MaxDelay = 2;

    private readonly Lock _gate = new();
    private readonly List<RingOperation> _submitted = [];
    private readonly List<RingOperation> _completed = [];
    private readonly List<RingOperation> _late = [];
    private readonly List<RingOperation> _due = [];
    private readonly Waker _work = new();
    private readonly Random _random = new();
    private readonly Action _notify;
    private readonly Thread _thread;
    private bool _stopping;

    /// <param name="name">Of the thread.</param>
    /// <param name="notify">Called on the ring's thread when there are completions.</param>
    public CompletionRing(string name, Action notify)
    {
        _notify = notify;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Results are held back, so that the loop must not sleep. Loop thread.</summary>
    public bool HasLate => _late.Count > 0;

    public void Submit(RingOperation operation)
    {
        lock (_gate)
        {
            _submitted.Add(operation);
        }

        _work.Wake();
    }

    public void Cancel(RingOperation operation)
    {
        lock (_gate)
        {
            operation.IsCanceled = true;
        }

        _work.Wake();
    }

    /// <summary>Completes what is due, in any order. Loop thread.</summary>
    public void Deliver()
    {
        lock (_gate)
        {
            foreach (RingOperation operation in _completed)
            {
                operation.Delay = _random.Next(MaxDelay + 1);
            }

            _late.AddRange(_completed);
            _completed.Clear();
        }

        for (int i = _late.Count - 1; i >= 0; i--)
        {
            if (_late[i].Delay-- <= 0)
            {
                _due.Add(_late[i]);
                _late.RemoveAt(i);
            }
        }

        _random.Shuffle(CollectionsMarshal.AsSpan(_due));
        foreach (RingOperation operation in _due)
        {
            operation.Complete();
        }

        _due.Clear();
    }

    /// <summary>Ends the thread. Nothing is submitted any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        _work.Wake();
        _thread.Join();
        _work.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            RingOperation[] operations;
            lock (_gate)
            {
                if (_stopping)
                {
                    return;
                }

                operations = [.. _submitted];
            }

            Libc.pollfd[] watched = new Libc.pollfd[operations.Length + 1];
            watched[0] = new Libc.pollfd { fd = _work.Descriptor, events = Libc.POLLIN };
            for (int i = 0; i < operations.Length; i++)
            {
                watched[i + 1] = new Libc.pollfd { fd = operations[i].Descriptor, events = operations[i].Events };
            }

            // SAFETY: fixed keeps the array in place for the call.
            fixed (Libc.pollfd* entries = watched)
            {
                bool hasCanceled;
                lock (_gate)
                {
                    hasCanceled = operations.Any(operation => operation.IsCanceled);
                }

                // An interrupted wait has filled in nothing: the next one does.
                _ = Libc.poll(entries, (nuint)watched.Length, hasCanceled ? 0 : -1);
            }

            if (watched[0].revents != 0)
            {
                _work.Drain();
            }

            Complete(operations, watched);
        }
    }

    private static void MakeCall(RingOperation operation)
    {
        operation.Result = new SysResult(0);
        try
        {
            if (operation.Call is { } call)
            {
                operation.Result = call();
            }
        }
        catch (Exception exception)
        {
            operation.Failure = exception;
        }
    }

    private void Complete(RingOperation[] operations, Libc.pollfd[] watched)
    {
        bool any = false;
        for (int i = 0; i < operations.Length; i++)
        {
            RingOperation operation = operations[i];
            if (watched[i + 1].revents != 0)
            {
                MakeCall(operation);
            }

            lock (_gate)
            {
                bool isDone = watched[i + 1].revents != 0 && !operation.Result.WouldBlock;
                if (!isDone && operation.IsCanceled)
                {
                    operation.Result = SysResult.Canceled;
                    isDone = true;
                }

                if (isDone)
                {
                    _submitted.Remove(operation);
                    _completed.Add(operation);
                    any = true;
                }
            }
        }

        if (any)
        {
            _notify();
        }
    }
}
