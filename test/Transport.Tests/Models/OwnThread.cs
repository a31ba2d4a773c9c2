using System.Runtime.ExceptionServices;

namespace Transport.Tests.Models;

/// <summary>Runs a test's body on a thread that ends with it: a poller may leave signals blocked on its thread.</summary>
internal static class OwnThread
{
    public static void Run(Action body) => Start(body)();

    /// <returns>Waits for the end, and throws what the body threw.</returns>
    public static Action Start(Action body)
    {
        ExceptionDispatchInfo? thrown = null;
        Thread thread = new Thread(() =>
        {
            try
            {
                body();
            }
            catch (Exception exception)
            {
                thrown = ExceptionDispatchInfo.Capture(exception);
            }
        })
        { IsBackground = true };
        thread.Start();
        return () =>
        {
            Assert.True(thread.Join(Deadline.Default * 2), "The thread has not ended.");
            thrown?.Throw();
        };
    }
}
