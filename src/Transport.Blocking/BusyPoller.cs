using Transport.Core.Loops.Waiting;
using Transport.Core.Readiness;

namespace Transport.Blocking;

/// <summary>An <see cref="IPoller"/> without a system call: it reports every armed descriptor as ready in every iteration.</summary>
/// <remarks>
/// The kernel's behaviour and how this class handles it (O_NONBLOCK: POSIX; FIONBIO: 4.2BSD):
/// <list type="bullet">
/// <item>a) The kernel reports nothing, so every armed descriptor is reported. Each iteration makes a receive or an accept on every one,
/// and nearly all return EAGAIN. CPU grows with the number of connections, idle ones included, by a system call each.</item>
/// <item>b) It never sleeps: a loop uses a whole processor, with or without clients. Other threads get that processor only by the
/// scheduler's time slices.</item>
/// <item>c) No wake-up is needed: the next iteration finds posted work. The eventfd is neither registered nor read.</item>
/// <item>d) An idle connection holds a buffer: its receives need memory even if they return nothing.</item>
/// </list>
/// </remarks>
internal sealed class BusyPoller : IPoller
{
    /// <summary>The awaited events, by descriptor.</summary>
    private Readiness[] _awaited = new Readiness[256];

    /// <summary>
    /// The armed descriptors in the order of arming, so that none starves. May contain descriptors that are no longer armed.
    /// </summary>
    private readonly Queue<int> _armed = new();

    private int _waker = -1;

    public SysResult Add(int descriptor, SocketRole role)
    {
        if (role == SocketRole.Waker)
        {
            _waker = descriptor;
        }

        if (descriptor >= _awaited.Length)
        {
            Array.Resize(ref _awaited, Math.Max(descriptor + 1, _awaited.Length * 2));
        }

        return new SysResult(0);
    }

    public void Arm(int descriptor, Readiness interest)
    {
        if (descriptor == _waker)
        {
            return;
        }

        if (_awaited[descriptor] == Readiness.None)
        {
            _armed.Enqueue(descriptor);
        }

        _awaited[descriptor] |= interest;
    }

    public void Remove(int descriptor) => _awaited[descriptor] = Readiness.None;

    public void Woken(Waker waker)
    {
    }

    public SysResult Wait(Span<Ready> ready, int timeoutMilliseconds)
    {
        int reports = 0;
        for (int looked = _armed.Count; looked > 0 && reports < ready.Length; looked--)
        {
            int descriptor = _armed.Dequeue();
            Readiness awaited = _awaited[descriptor];
            if (awaited != Readiness.None)
            {
                _awaited[descriptor] = Readiness.None;
                ready[reports++] = new Ready(descriptor, awaited);
            }
        }

        return new SysResult(reports);
    }

    public void Dispose()
    {
    }
}
