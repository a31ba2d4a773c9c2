using Transport.Core.Loops;
using Transport.Core.Readiness;

namespace Transport.Blocking;

/// <summary>No system call at all as a poller: non-blocking sockets, asked again and again.</summary>
/// <remarks>
/// What the kernel does to us, and what we do about it (O_NONBLOCK: POSIX; FIONBIO: 4.2BSD):
/// <list type="bullet">
/// <item>a) Nothing is reported, so everything that is waited for is: each turn makes a receive or an accept on every one, and nearly all
/// say EAGAIN. The price of a turn is the number of connections, idle ones too, a system call each.</item>
/// <item>b) It never sleeps: a loop takes a processor whole, with clients or without. Nobody else gets that processor but by the
/// scheduler's time slices.</item>
/// <item>c) Nothing has to wake it: posted work is found by the next turn, which is this one's end. The eventfd is neither watched nor
/// read.</item>
/// <item>d) An idle connection holds a block: its receives need somewhere to put what they do not get.</item>
/// </list>
/// </remarks>
internal sealed class BusyPoller : IPoller
{
    /// <summary>By descriptor.</summary>
    private Readiness[] _wanted = new Readiness[256];

    /// <summary>
    /// What is armed, first come first reported, so that none waits for ever. May hold numbers of which nothing is wanted any more.
    /// </summary>
    private readonly Queue<int> _armed = new();

    private int _waker = -1;

    public SysResult Add(int descriptor, SocketRole role)
    {
        if (role == SocketRole.Waker)
        {
            _waker = descriptor;
        }

        if (descriptor >= _wanted.Length)
        {
            Array.Resize(ref _wanted, Math.Max(descriptor + 1, _wanted.Length * 2));
        }

        return new SysResult(0);
    }

    public void Arm(int descriptor, Readiness interest)
    {
        if (descriptor == _waker)
        {
            return;
        }

        if (_wanted[descriptor] == Readiness.None)
        {
            _armed.Enqueue(descriptor);
        }

        _wanted[descriptor] |= interest;
    }

    public void Remove(int descriptor) => _wanted[descriptor] = Readiness.None;

    public void Woken(Waker waker)
    {
    }

    public SysResult Wait(Span<Ready> ready, int timeoutMilliseconds)
    {
        int reports = 0;
        for (int looked = _armed.Count; looked > 0 && reports < ready.Length; looked--)
        {
            int descriptor = _armed.Dequeue();
            Readiness wanted = _wanted[descriptor];
            if (wanted != Readiness.None)
            {
                _wanted[descriptor] = Readiness.None;
                ready[reports++] = new Ready(descriptor, wanted);
            }
        }

        return new SysResult(reports);
    }

    public void Dispose()
    {
    }
}
