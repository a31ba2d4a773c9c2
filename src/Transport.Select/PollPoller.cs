using Transport.Core.Loops.Waiting;
using Transport.Core.Readiness;

namespace Transport.Select;

/// <summary>An <see cref="IPoller"/> on poll(2).</summary>
/// <remarks>
/// The kernel's behaviour and how this class handles it (System V, 1986; Linux 2.1.23; ppoll(2) 2.6.16, POLLRDHUP 2.6.17):
/// <list type="bullet">
/// <item>a) Each call copies the whole set in, scans it, and copies every result out. CPU grows with the number of connections, idle ones
/// included. The set is therefore dense: the last entry replaces a removed one.</item>
/// <item>b) POLLERR and POLLHUP cannot be masked. A descriptor with no awaited event has a negative number in the set, which poll ignores;
/// otherwise the loop would spin.</item>
/// <item>c) It reports states and not changes: data that a receive has left is reported again, so nothing has to be remembered.</item>
/// <item>d) A closed descriptor is reported as POLLNVAL and the call succeeds, unlike select. Remove is still called before close, since
/// the number will be reused.</item>
/// <item>e) It fails with EINVAL if the set is longer than RLIMIT_NOFILE: only if the limit is lowered below the number of open
/// descriptors.</item>
/// <item>f) Results are in the order of the set. The scan starts behind the last entry returned, so that the end of the set does not
/// starve.</item>
/// </list>
/// The implementation is <see cref="PollSet"/>.
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
