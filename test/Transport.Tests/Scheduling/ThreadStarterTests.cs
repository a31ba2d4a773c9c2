using System.Collections.Concurrent;
using Transport.Core;
using Transport.Core.Scheduling.Threads;

namespace Transport.Tests.Scheduling;

/// <summary>A thread that does not get started delays no other: the start has failed, and another thread starts the rest.</summary>
public sealed class ThreadStarterTests : IDisposable
{
    private const int Patience = 300;

    private readonly ManualResetEventSlim _release = new();
    private readonly ConcurrentQueue<string?> _stuck = new();
    private string _stuckName = "";
    private int _hangs;

    public void Dispose() => _release.Dispose();

    [Theory]
    [InlineData("first")]
    [InlineData("transport reserve")]
    public async Task A_start_that_does_not_return_has_failed_and_others_follow(string stuckName)
    {
        (_stuckName, _hangs) = (stuckName, 1);
        ThreadStarter starter = new(Start, Patience);
        starter.Acquire();
        Requested first = new("first");
        Requested second = new("second");
        try
        {
            starter.Request(first);
            starter.Request(second);
            Assert.Contains("has not returned", await first.Outcome.WithinDeadline(), StringComparison.Ordinal);

            // Requested before the failure was known: not tried.
            Assert.Contains("has not returned", await second.Outcome.WithinDeadline(), StringComparison.Ordinal);
            await Deadline.Until(() => starter.CanStart, () => "starting is not tried again");
            Requested third = new("third");
            starter.Request(third);
            Assert.Equal("runs", await third.Outcome.WithinDeadline());

            _release.Set();
            await Deadline.Until(() => _stuck.Contains(stuckName), () => "the late start does not end");
            Requested fourth = new("fourth");
            starter.Request(fourth);
            Assert.Equal("runs", await fourth.Outcome.WithinDeadline());
            Assert.Equal(0, first.Runs);
        }
        finally
        {
            _release.Set();
            starter.Release();
        }
    }

    [Fact]
    public async Task Each_starter_that_is_stuck_is_followed_by_another()
    {
        (_stuckName, _hangs) = ("stuck", 3);
        ThreadStarter starter = new(Start, Patience);
        starter.Acquire();
        try
        {
            for (int i = 0; i < 3; i++)
            {
                await Deadline.Until(() => starter.CanStart, () => "starting is not tried again");
                Requested stuck = new("stuck");
                starter.Request(stuck);
                Assert.Contains("has not returned", await stuck.Outcome.WithinDeadline(), StringComparison.Ordinal);
            }

            await Deadline.Until(() => starter.CanStart, () => "starting is not tried again");
            Requested last = new("stuck");
            starter.Request(last);
            Assert.Equal("runs", await last.Outcome.WithinDeadline());
        }
        finally
        {
            _release.Set();
            starter.Release();
        }
    }

    /// <summary>At the limit the runtime could not start a thread either, and would end the process.</summary>
    [Fact]
    public async Task No_start_is_tried_near_the_limit_of_the_cgroup()
    {
        using CgroupFolder folder = CgroupFolder.Fake("0::/ours\n");
        folder.Add("ours", max: 100, current: 92);
        ConcurrentQueue<string?> tried = new();
        ThreadStarter starter = new(
            thread =>
            {
                tried.Enqueue(thread.Name);
                thread.UnsafeStart();
            },
            limit: folder.Find());
        starter.Acquire();
        try
        {
            Requested first = new("first");
            starter.Request(first);
            Assert.Contains("92 threads and processes of at most 100", await first.Outcome.WithinDeadline(), StringComparison.Ordinal);
            Assert.Empty(tried);

            // Enough for the thread, and not for the reserve too.
            folder.Set("ours", "pids.current", 91);
            await Deadline.Until(() => starter.CanStart, () => "starting is not tried again");
            Requested second = new("second");
            starter.Request(second);
            Assert.Equal("runs", await second.Outcome.WithinDeadline());
            Assert.Equal(["second"], tried);

            folder.Set("ours", "pids.current", 83);
            Requested third = new("third");
            starter.Request(third);
            Assert.Equal("runs", await third.Outcome.WithinDeadline());
            Assert.Equal(1 + ThreadReserve.Size + 1, tried.Count);
        }
        finally
        {
            starter.Release();
        }
    }

    [Theory, Transports(NotOnSockets = "it starts no threads of its own")]
    public async Task A_host_serves_requests_though_a_thread_is_never_started(TransportUnderTest transport)
    {
        (_stuckName, _hangs) = ("transport reserve", 1);
        ThreadStarter starter = new(Start, Patience);
        try
        {
            await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync, new TransportSettings
            {
                LoopCount = 1,
                Ours = options =>
                {
                    options.ApplicationScheduling = ApplicationScheduling.Workers;
                    options.SetThreadStarter(starter);
                },
            });
            using RawClient client = await server.ConnectAsync();
            Assert.Equal(200, (await client.GetAsync("/").WithinDeadline()).Status);
        }
        finally
        {
            _release.Set();
        }
    }

    private void Start(Thread thread)
    {
        bool isStuck = thread.Name == _stuckName && Interlocked.Decrement(ref _hangs) >= 0;
        if (isStuck)
        {
            _release.Wait(Deadline.Default);
        }

        thread.UnsafeStart();
        if (isStuck)
        {
            // A thread in reserve does not end by itself.
            thread.Join(thread.Name == "transport reserve" ? 0 : Timeout.Infinite);
            _stuck.Enqueue(thread.Name);
        }
    }

    private sealed class Requested(string name) : IStartable
    {
        private readonly TaskCompletionSource<string> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _runs;

        public string Name => name;

        public Task<string> Outcome => _outcome.Task;

        public int Runs => Volatile.Read(ref _runs);

        public void Run()
        {
            Interlocked.Increment(ref _runs);
            _outcome.TrySetResult("runs");
        }

        public void StartFailed(string reason) => _outcome.TrySetResult(reason);
    }
}
