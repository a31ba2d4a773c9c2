using System.Net.Sockets;
using Transport.Core.Readiness;

namespace Transport.Tests.Models;

/// <summary>What IPoller promises, on bare socket pairs, of every poller there is.</summary>
public class PollerTests
{
    public static TheoryData<string> All => [.. Pollers.Names];

    public static TheoryData<string> Seeing => [.. Pollers.Names.Where(name => name != Pollers.Blind)];

    [Theory, MemberData(nameof(All))]
    public void An_event_before_registration_is_reported(string name) => On(name, (poller, pair) =>
    {
        pair.SendOne();
        Watch(poller, pair);
        Reported(poller, pair, Readiness.Readable);
    });

    [Theory, MemberData(nameof(All))]
    public void A_later_event_is_reported(string name) => On(name, (poller, pair) =>
    {
        Watch(poller, pair);
        pair.SendOne();
        Reported(poller, pair, Readiness.Readable);
    });

    [Theory, MemberData(nameof(Seeing))]
    public void A_wait_without_a_timeout_ends_at_an_event(string name) => On(name, (poller, pair) =>
    {
        Watch(poller, pair);
        poller.Wait(new Ready[8], 0);
        Action sender = OwnThread.Start(() => pair.Peer.Send([1]));
        Reported(poller, pair, Readiness.Readable, timeout: -1);
        sender();
    });

    [Theory, MemberData(nameof(Seeing))]
    public void A_descriptor_without_data_is_not_reported(string name) => On(name, (poller, pair) =>
    {
        Watch(poller, pair);
        Assert.DoesNotContain(Wait(poller, 50), ready => (ready.Readiness & Readiness.Readable) != 0);
    });

    [Theory, MemberData(nameof(All))]
    public void An_event_disarms_its_direction(string name) => On(name, (poller, pair) =>
    {
        Watch(poller, pair);
        pair.SendOne();
        Reported(poller, pair, Readiness.Readable);
        Silent(poller);
    });

    [Theory, MemberData(nameof(All))]
    public void A_rearmed_descriptor_is_reported_again(string name) => On(name, (poller, pair) =>
    {
        Watch(poller, pair);
        for (int i = 0; i < 20; i++)
        {
            pair.SendOne();
            Reported(poller, pair, Readiness.Readable);
            while (pair.Receive() >= 0)
            {
            }

            poller.Arm(pair.Descriptor, Readiness.Readable);
        }
    });

    /// <summary>The reader is behind: it arms late, for what came while nobody waited.</summary>
    [Theory, MemberData(nameof(All))]
    public void An_event_before_arming_is_reported_when_armed(string name) => On(name, (poller, pair) =>
    {
        Watch(poller, pair);
        for (int round = 0; round < 5; round++)
        {
            pair.SendOne();
            Reported(poller, pair, Readiness.Readable);
            Assert.Equal(1, pair.Receive());
            bool hinted = false;
            for (int i = 0; i < 10; i++)
            {
                pair.SendOne();
                hinted |= Wait(poller, 0).Any(ready => ready.Key == pair.Descriptor);
                pair.SendOne();
            }

            // A caller that was hinted tries before it arms; one that was not is owed a report.
            int received = hinted ? pair.Receive() : -1;
            if (received < 0)
            {
                poller.Arm(pair.Descriptor, Readiness.Readable);
                Reported(poller, pair, Readiness.Readable);
                received = pair.Receive();
            }

            // Small segments may wait for the peer's ACK.
            while (received < 20 && pair.Watched.Poll(Deadline.Default, SelectMode.SelectRead))
            {
                received += pair.Receive();
            }

            Assert.Equal(20, received);
            Assert.Equal(-1, pair.Receive());
            poller.Arm(pair.Descriptor, Readiness.Readable);
        }
    });

    [Theory, MemberData(nameof(All))]
    public void Fin_is_readable(string name) => On(name, (poller, pair) =>
    {
        Watch(poller, pair);
        pair.Peer.Shutdown(SocketShutdown.Send);
        Reported(poller, pair, Readiness.Readable);
        Assert.Equal(0, pair.Receive());
    });

    /// <summary>
    /// The receive comes back short, and yet there is something left: either the report was exceptional, or there is another.
    /// </summary>
    [Theory, MemberData(nameof(All))]
    public void A_fin_behind_data_is_not_lost(string name) => On(name, (poller, pair) =>
    {
        Watch(poller, pair);
        pair.SendOne();
        pair.Peer.Shutdown(SocketShutdown.Send);
        Assert.True(pair.Watched.Poll(Deadline.Default, SelectMode.SelectRead));
        int received = -1;
        bool proves = true;
        for (int waits = 0; waits < 30 && received != 0; waits++)
        {
            foreach (Ready ready in Wait(poller, 1000).Where(ready => ready.Key == pair.Descriptor))
            {
                // A receive a report, and another while short proves nothing: what ReadinessConnection does.
                proves &= (ready.Readiness & Readiness.Exceptional) == 0;
                do
                {
                    received = received == 0 ? 0 : pair.Receive();
                }
                while (!proves && received > 0);
            }

            poller.Arm(pair.Descriptor, Readiness.Readable);
        }

        Assert.Equal(0, received);
    });

    [Theory, MemberData(nameof(All))]
    public void Rst_is_readable(string name) => On(name, (poller, pair) =>
    {
        Watch(poller, pair);
        pair.Peer.LingerState = new LingerOption(true, 0);
        pair.Peer.Dispose();
        Reported(poller, pair, Readiness.Readable);
        Assert.Equal(SocketError.ConnectionReset, Assert.Throws<SocketException>(() => pair.Receive()).SocketErrorCode);
    });

    [Theory, MemberData(nameof(All))]
    public void Writable_comes_when_the_peer_has_made_room_and_readable_stays_armed(string name) => On(name, (poller, pair) =>
    {
        Watch(poller, pair);
        poller.Wait(new Ready[8], 0);
        poller.Arm(pair.Descriptor, Readiness.Readable);
        pair.Fill();
        poller.Arm(pair.Descriptor, Readiness.Writable);
        if (name != Pollers.Blind)
        {
            Silent(poller);
        }

        pair.Drain();
        Reported(poller, pair, Readiness.Writable);
        if (name == Pollers.Blind)
        {
            poller.Arm(pair.Descriptor, Readiness.Readable);
        }

        pair.SendOne();
        Reported(poller, pair, Readiness.Readable);
    });

    [Theory, MemberData(nameof(All))]
    public void A_descriptor_that_was_removed_is_not_reported(string name) => On(name, (poller, pair) =>
    {
        using SocketPair other = new();
        Watch(poller, pair);
        Watch(poller, other);
        pair.SendOne();
        other.SendOne();
        poller.Remove(pair.Descriptor);
        Reported(poller, other, Readiness.Readable);
        Silent(poller);
        poller.Remove(other.Descriptor);
        poller.Add(pair.Descriptor, SocketRole.Connection);
    });

    /// <summary>
    /// More is ready than there is room for, and what was reported is ready again at once: the rest must have its turn all the same.
    /// </summary>
    [Theory, MemberData(nameof(All))]
    public void No_client_starves(string name) => On(name, (poller, first) =>
    {
        const int Room = 16;
        Watch(poller, first);
        Dictionary<int, SocketPair> pairs = Enumerable.Range(0, 200).Select(_ => new SocketPair()).ToDictionary(pair => pair.Descriptor);
        foreach (SocketPair? pair in pairs.Values)
        {
            Watch(poller, pair);
            pair.SendOne();
        }

        Ready[] ready = new Ready[Room];
        HashSet<int> heard = new HashSet<int>();
        for (int waits = 0; waits < 3 * 200 / Room; waits++)
        {
            int count = (int)poller.Wait(ready, 0).ThrowIfError("wait");
            foreach (Ready report in ready.AsSpan(0, count))
            {
                if (pairs.TryGetValue(report.Key, out SocketPair? pair))
                {
                    heard.Add(report.Key);
                    pair.Receive();
                    poller.Arm(report.Key, Readiness.Readable);
                    pair.SendOne();
                }
            }
        }

        foreach (SocketPair? pair in pairs.Values)
        {
            poller.Remove(pair.Descriptor);
            pair.Dispose();
        }

        Assert.Equal(pairs.Count, heard.Count);
    });

    [Theory, MemberData(nameof(Seeing))]
    public void An_event_has_the_key_if_the_poller_carries_keys_and_else_the_descriptor(string name) => On(name, (poller, pair) =>
    {
        const int Key = 4711;
        pair.SendOne();
        poller.Add(pair.Descriptor, SocketRole.Connection, Key).ThrowIfError("add");
        poller.Arm(pair.Descriptor, Readiness.Readable);
        Ready report = Assert.Single(Wait(poller, 1000), ready => (ready.Readiness & Readiness.Readable) != 0);
        Assert.Equal(poller.CarriesKeys ? Key : pair.Descriptor, report.Key);
    });

    private static void On(string name, Action<IPoller, SocketPair> body) => OwnThread.Run(() =>
    {
        using IPoller poller = Pollers.Create(name);
        using SocketPair pair = new();
        poller.Add(pair.Descriptor, SocketRole.Connection).ThrowIfError("add");
        poller.Remove(pair.Descriptor);
        body(poller, pair);
        poller.Remove(pair.Descriptor);
    });

    private static void Watch(IPoller poller, SocketPair pair)
    {
        poller.Add(pair.Descriptor, SocketRole.Connection).ThrowIfError("add");
        poller.Arm(pair.Descriptor, Readiness.Readable);
    }

    /// <summary>Waits until what is expected of the descriptor has been reported.</summary>
    private static Readiness Reported(IPoller poller, SocketPair pair, Readiness expected, int timeout = 1000)
    {
        Readiness all = Readiness.None;
        for (int waits = 0; waits < 30 && (all & expected) == 0; waits++)
        {
            foreach (Ready ready in Wait(poller, timeout).Where(ready => ready.Key == pair.Descriptor))
            {
                all |= ready.Readiness;
            }
        }

        Assert.True((all & expected) != 0, $"{expected} was never reported.");
        return all;
    }

    /// <summary>A report too many is a hint, and lawful; one after another would be a loop that spins.</summary>
    private static void Silent(IPoller poller)
    {
        Wait(poller, 0);
        Assert.DoesNotContain(Wait(poller, 50), ready => (ready.Readiness & Readiness.Readable) != 0);
    }

    private static Ready[] Wait(IPoller poller, int timeout)
    {
        Ready[] ready = new Ready[64];
        return ready[..(int)poller.Wait(ready, timeout).ThrowIfError("wait")];
    }
}
