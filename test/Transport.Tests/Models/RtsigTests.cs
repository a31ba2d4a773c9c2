using System.Globalization;
using System.Runtime.InteropServices;
using Shared.Interop;
using Transport.Core.Readiness;
using Transport.Rtsig;
using Transport.Tests.Interop;
using Libc = Transport.Rtsig.Interop.Libc;

namespace Transport.Tests.Models;

/// <summary>Where queued signals are treacherous: whose they are, what outlives what, and the queue's end.</summary>
public class RtsigTests
{
    /// <summary>
    /// A signal for the process would be taken by any thread that does not block it, and end the process: these name a thread, and wait in
    /// its own queue.
    /// </summary>
    [Fact]
    public unsafe void Signals_are_for_the_loops_thread_and_not_for_the_process() => OwnThread.Run(() =>
    {
        using RtsigPoller poller = Pollers.Rtsig(SignalReading.Batch, new RtsigCounters());
        using SocketPair pair = new();
        Watch(poller, pair);
        Libc.f_owner_ex owner;
        SysResult.From(Fcntl.fcntl(pair.Descriptor, Libc.F_GETOWN_EX, (nint)(&owner))).ThrowIfError("fcntl");
        Assert.Equal((Libc.F_OWNER_TID, Libc.gettid()), (owner.type, owner.pid));
        pair.SendOne();
        Assert.True(IsPending("SigPnd", 44));
        Assert.False(IsPending("ShdPnd", 44));
        poller.Remove(pair.Descriptor);
    });

    [Fact]
    public void Two_loops_do_not_take_each_others_events()
    {
        const int Rounds = 200;
        using SocketPair first = new();
        using SocketPair second = new();
        using Barrier barrier = new(2);
        Action[] ends = new[] { first, second }.Select(pair => OwnThread.Start(() =>
        {
            RtsigCounters counters = new();
            using RtsigPoller poller = Pollers.Rtsig(SignalReading.Batch, counters);
            Watch(poller, pair);
            barrier.SignalAndWait(Deadline.Default);
            Ready[] ready = new Ready[16];
            for (int round = 0; round < Rounds; round++)
            {
                pair.SendOne();
                Assert.Equal(1, poller.Wait(ready, 30_000).Value);
                Assert.Equal(pair.Descriptor, ready[0].Key);
                Assert.Equal(1, pair.Receive());
                poller.Arm(pair.Descriptor, Readiness.Readable);
                barrier.SignalAndWait(Deadline.Default);
            }

            Assert.Equal(Rounds, counters.Signals);
            poller.Remove(pair.Descriptor);
        })).ToArray();
        foreach (Action? end in ends)
        {
            end();
        }
    }

    [Theory, InlineData(SignalReading.Batch), InlineData(SignalReading.OneByOne)]
    public void A_paused_connection_stops_queueing(SignalReading reading) => OwnThread.Run(() =>
    {
        RtsigCounters counters = new();
        using RtsigPoller poller = Pollers.Rtsig(reading, counters);
        using SocketPair pair = new();
        Ready[] ready = new Ready[16];
        Watch(poller, pair);
        pair.SendOne();
        Assert.Equal(1, poller.Wait(ready, 30_000).Value);

        // Nobody arms: the next signal is the last.
        pair.SendOne();
        pair.Peer.Send([2]);
        Assert.True(SpinWait.SpinUntil(() => pair.Watched.Available == 3, Deadline.Default));
        poller.Wait(ready, 0);
        Assert.Equal(1, counters.Disarmed);
        long queued = counters.Signals;
        for (int i = 0; i < 1000; i++)
        {
            pair.Peer.Send([3]);
        }

        Assert.True(SpinWait.SpinUntil(() => pair.Watched.Available == 1003, Deadline.Default));
        Assert.False(IsPending("SigPnd", 44));
        Assert.Equal(0, poller.Wait(ready, 0).Value);
        Assert.Equal(queued, counters.Signals);

        poller.Arm(pair.Descriptor, Readiness.Readable);
        Assert.Equal(1, poller.Wait(ready, 0).Value);
        poller.Remove(pair.Descriptor);
    });

    [Fact]
    public void A_signal_that_outlives_its_descriptor_is_ignored() => OwnThread.Run(() =>
    {
        using RtsigPoller poller = Pollers.Rtsig(SignalReading.Batch, new RtsigCounters());
        SocketPair closed = new();
        Watch(poller, closed);
        closed.SendOne();
        Assert.True(IsPending("SigPnd", 44));
        int number = closed.Descriptor;
        poller.Remove(number);
        closed.Dispose();
        Ready[] ready = new Ready[16];

        // First without a successor, then with one of the same number.
        using SocketPair next = new();
        using SocketPair another = new();
        SocketPair heir = new[] { next, another }.FirstOrDefault(pair => pair.Descriptor == number) ?? next;
        Watch(poller, heir);
        poller.Wait(ready, 0);
        Assert.Equal(-1, heir.Receive());
        poller.Arm(heir.Descriptor, Readiness.Readable);
        heir.SendOne();
        Assert.Equal(1, poller.Wait(ready, 30_000).Value);
        Assert.Equal(heir.Descriptor, ready[0].Key);
        poller.Remove(heir.Descriptor);
    });

    [Fact]
    public void A_signal_with_a_handler_is_refused() => OwnThread.Run(() =>
    {
        using PosixSignalRegistration claim = PosixSignalRegistration.Create((PosixSignal)52, _ => { });
        Assert.Contains("52", Assert.Throws<IOException>(() => new SignalQueue(52, SignalReading.Batch)).Message, StringComparison.Ordinal);
    });

    [Theory, InlineData(SignalReading.Batch), InlineData(SignalReading.OneByOne)]
    public void After_an_overflow_every_descriptor_is_swept(SignalReading reading) => OwnThread.Run(() =>
    {
        // The kernel counts the queued signals of a user: those of other processes must not take the room. Without CAP_SETUID they may.
        _ = ThreadUser.TryTakeUnused();
        using PendingLimit limit = new(8);
        RtsigCounters counters = new();
        using RtsigPoller poller = Pollers.Rtsig(reading, counters);
        Dictionary<int, SocketPair> pairs = Enumerable.Range(0, 64).Select(_ => new SocketPair()).ToDictionary(pair => pair.Descriptor);
        SocketPair[] armed = pairs.Values.Take(48).ToArray();
        foreach (SocketPair? pair in pairs.Values)
        {
            Watch(poller, pair);
        }

        foreach (SocketPair? late in pairs.Values.Skip(48))
        {
            // Told, and then nobody waits: its signal will be lost, and arming has to find what it said.
            late.SendOne();
            Expect(poller, [late.Descriptor]);
            Assert.Equal(1, late.Receive());
        }

        foreach (SocketPair? pair in pairs.Values.Reverse())
        {
            pair.SendOne();
        }

        HashSet<int> heard = Expect(poller, [.. armed.Select(pair => pair.Descriptor)]);
        Assert.True(counters.Overflows > 0, "The queue did not overflow.");
        foreach (SocketPair? late in pairs.Values.Skip(48).Where(pair => !heard.Contains(pair.Descriptor)))
        {
            poller.Arm(late.Descriptor, Readiness.Readable);
            Expect(poller, [late.Descriptor]);
        }

        // And back to signals.
        armed[0].Receive();
        poller.Arm(armed[0].Descriptor, Readiness.Readable);
        (long overflows, long signals) = (counters.Overflows, counters.Signals);
        armed[0].SendOne();
        Expect(poller, [armed[0].Descriptor]);
        Assert.Equal((overflows, signals + 1), (counters.Overflows, counters.Signals));
        foreach (SocketPair? pair in pairs.Values)
        {
            poller.Remove(pair.Descriptor);
            pair.Dispose();
        }
    });

    /// <summary>A queue that is always full: every byte arrives, nobody waits for ever, and the overflows are counted and logged.</summary>
    [Theory, InlineData("rtsig"), InlineData("rtsig/onebyone"), InlineData("rtsig/inline")]
    public async Task A_server_whose_queue_is_always_full_completes_all_requests(string transport)
    {
        const int Clients = 64, Rounds = 6, Bytes = 150_000;
        using PendingLimit limit = new(8);
        await using WebServer server = await WebServer.StartAsync(TransportCatalogue.Get(transport), TestApp.RouteAsync);
        byte[] expected = TestApp.PatternBytes(Bytes);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            using HttpClient http = server.CreateClient();
            for (int round = 0; round < Rounds; round++)
            {
                if ((client + round) % 2 == 0)
                {
                    Assert.Equal(expected, await http.GetByteArrayAsync(new Uri($"/bytes/{Bytes}", UriKind.Relative)));
                }
                else
                {
                    using HttpResponseMessage echoed =
                        await http.PostAsync(new Uri("/echo", UriKind.Relative), new ByteArrayContent(expected));
                    Assert.Equal(expected, await echoed.Content.ReadAsByteArrayAsync());
                }
            }
        })).WaitAsync(Deadline.Default * 4);
        await server.Logs.WaitForAsync(server.Transport.LogCategory, 120);
    }

    private static void Watch(RtsigPoller poller, SocketPair pair)
    {
        poller.Add(pair.Descriptor, SocketRole.Connection).ThrowIfError("add");
        poller.Arm(pair.Descriptor, Readiness.Readable);
    }

    /// <summary>Waits until all of them have been reported.</summary>
    private static HashSet<int> Expect(RtsigPoller poller, HashSet<int> descriptors)
    {
        HashSet<int> heard = [];
        Ready[] ready = new Ready[16];
        for (int waits = 0; waits < 100 && !descriptors.IsSubsetOf(heard); waits++)
        {
            int count = (int)poller.Wait(ready, 1000).ThrowIfError("wait");
            heard.UnionWith(ready[..count].Select(report => report.Key));
        }

        Assert.Subset(heard, descriptors);
        return heard;
    }

    /// <summary>
    /// Whether this thread's status file has the signal in a mask: SigPnd for the thread's own queue, ShdPnd for the process's.
    /// </summary>
    private static bool IsPending(string mask, int signal)
    {
        string line = File.ReadLines($"/proc/self/task/{Libc.gettid()}/status")
            .Single(line => line.StartsWith(mask + ':', StringComparison.Ordinal));
        return (ulong.Parse(line.AsSpan(mask.Length + 1).Trim(), NumberStyles.HexNumber,
            CultureInfo.InvariantCulture) >> (signal - 1) & 1) != 0;
    }
}
