using Transport.Core.Interop.Threads;
using Transport.Tests.Models;

namespace Transport.Tests.Scheduling;

/// <summary>What takes the place of futex(2) on architectures whose system call numbers are not known.</summary>
public sealed class ManagedFutexTests : IDisposable
{
    private readonly bool _before = Futex.UseSystemCall;

    public ManagedFutexTests() => Futex.UseSystemCall = false;

    public void Dispose() => Futex.UseSystemCall = _before;

    [Fact]
    public void A_wait_ends_when_the_word_changes()
    {
        int[] words = GC.AllocateArray<int>(1, pinned: true);
        for (int i = 0; i < 2000; i++)
        {
            int value = i;
            Action join = i % 100 == 0 ? OwnThread.Start(() => WaitWhile(words, value)) : () => WaitWhile(words, -1);
            Volatile.Write(ref words[0], i + 1);
            Futex.Wake(ref words[0]);
            join();
        }
    }

    [Fact]
    public void A_wait_ends_at_its_time_limit()
    {
        int[] words = GC.AllocateArray<int>(1, pinned: true);
        Futex.Wait(ref words[0], 0, TimeSpan.FromMilliseconds(1));
    }

    /// <summary>Workers that rest and are called again, on the managed path.</summary>
    [Theory, Transports(NotOnSockets = "it has no workers of its own")]
    public async Task A_server_answers(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync);
        using RawClient client = await server.ConnectAsync();
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(200, (await client.GetAsync("/")).Status);
        }
    }

    private static void WaitWhile(int[] words, int value)
    {
        while (Volatile.Read(ref words[0]) == value)
        {
            Futex.Wait(ref words[0], value, Deadline.Default);
        }
    }
}
