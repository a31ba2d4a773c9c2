namespace Transport.Core.Scheduling.Threads;

/// <summary>
/// The thread pool, without flowing the caller's execution context: a connection's work must not carry the context that accepted it.
/// </summary>
internal static class UnsafeThreadPool
{
    public static void Queue(Action<object?> action, object? state) =>
        ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
}
