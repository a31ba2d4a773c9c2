using Transport.Core.Loops;
using Transport.Core.Readiness;

namespace Transport.Select;

/// <summary>poll(2) as a poller.</summary>
/// <remarks>
/// What the kernel does to us, and what we do about it (System V, 1986; Linux 2.1.23; ppoll(2) 2.6.16, POLLRDHUP 2.6.17):
/// <list type="bullet">
/// <item>a) The whole set is copied in, walked, and every answer copied out, at each call: its price is the number of connections, idle
/// ones too. So the set is kept dense, and what is removed is replaced by the last.</item>
/// <item>b) POLLERR and POLLHUP cannot be masked. A descriptor of which nothing is wanted gets a negative number in the set, which poll
/// passes over, or it spins.</item>
/// <item>c) It reports states and not changes: whatever a receive has left is reported again, so nothing has to be remembered.</item>
/// <item>d) A closed descriptor is POLLNVAL and the rest goes on, unlike select. Remove comes before close all the same, since its number
/// will be somebody else's.</item>
/// <item>e) EINVAL if the set is longer than RLIMIT_NOFILE: only if the limit is lowered below what is open.</item>
/// <item>f) The answers come in the set's order. The look through them starts behind the last one handed on, so that the tail is heard
/// too.</item>
/// </list>
/// All of it is in <see cref="PollSet"/>.
/// </remarks>
internal sealed class PollPoller(PollCall call) : IPoller
{
    private readonly PollSet _set = new(masksSignals: call == PollCall.Ppoll);

    public SysResult Add(int descriptor, SocketRole role)
    {
        _set.Add(descriptor);
        return new SysResult(0);
    }

    public void Arm(int descriptor, Readiness interest) => _set.Want(descriptor, interest);

    public void Remove(int descriptor) => _set.Remove(descriptor);

    public void Woken(Waker waker)
    {
        waker.Drain();
        Arm(waker.Descriptor, Readiness.Readable);
    }

    public SysResult Wait(Span<Ready> ready, int timeoutMilliseconds) => _set.Wait(ready, timeoutMilliseconds);

    public void Dispose()
    {
    }
}
