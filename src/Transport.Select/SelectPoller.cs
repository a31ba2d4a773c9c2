using System.Numerics;
using Transport.Core.Loops;
using Transport.Core.Readiness;
using Libc = Transport.Select.Interop.Libc;

namespace Transport.Select;

/// <summary>select(2) as a poller.</summary>
/// <remarks>
/// What the kernel does to us, and what we do about it (4.2BSD, 1983; pselect(2) Linux 2.6.16):
/// <list type="bullet">
/// <item>a) It overwrites the sets that it is given with its answer. So there are two of each: what is waited for, and a copy for the
/// kernel.</item>
/// <item>b) FD_SETSIZE, 1,024, limits the descriptor's number and not how many there are; libc's FD_SET writes past the end without a word.
/// Here a descriptor that does not fit is refused. The kernel itself has no such limit (core_sys_select takes as many bits as nfds says),
/// so our sets may be wider.</item>
/// <item>c) Both sides look at every bit below nfds, watched or not: the highest descriptor is the price of a wait, not the number of
/// connections. nfds follows the highest one down again.</item>
/// <item>d) Errors and hang-ups come as readable or writable, and only for what was asked for: a connection of which nothing is wanted is
/// silent by itself.</item>
/// <item>e) It reports states and not changes, so whatever a receive has left is reported again, FIN and the rest of a stream behind urgent
/// data too. The third set, exceptional conditions, has nothing to add.</item>
/// <item>f) One closed descriptor among them, and the whole call fails with EBADF. Hence Remove before close, always.</item>
/// <item>g) Linux writes the time that is left into the time-out: it is made anew for every call.</item>
/// <item>h) The lowest descriptors come first in every report. The look through it starts where the last one stopped, so that the highest
/// are heard too.</item>
/// </list>
/// </remarks>
internal sealed unsafe class SelectPoller : IPoller
{
    private readonly SelectCall _call;
    private readonly int _maxDescriptors;
    private readonly SelectRefusals _refusals;

    private readonly DescriptorSet _watched = new();
    private readonly DescriptorSet _readable = new();
    private readonly DescriptorSet _writable = new();

    /// <summary>The kernel's copies, and its answer.</summary>
    private readonly DescriptorSet _readableNow = new();
    private readonly DescriptorSet _writableNow = new();

    /// <summary>The highest descriptor watched; −1: none.</summary>
    private int _highest = -1;

    /// <summary>The descriptor at which the next look through the answer begins.</summary>
    private int _next;

    public SelectPoller(SelectCall call, int maxDescriptors, SelectRefusals refusals)
    {
        _call = call;
        _maxDescriptors = maxDescriptors;
        _refusals = refusals;
        Grow(Math.Min(maxDescriptors, Libc.FD_SETSIZE));
    }

    public SysResult Add(int descriptor, SocketRole role)
    {
        if (descriptor >= _maxDescriptors)
        {
            _refusals.Refuse(descriptor, _maxDescriptors);
            return new SysResult(-Errno.EMFILE);
        }

        Grow(descriptor + 1);
        _watched.Add(descriptor);
        _highest = Math.Max(_highest, descriptor);
        return new SysResult(0);
    }

    public void Arm(int descriptor, Readiness interest)
    {
        if ((interest & Readiness.Readable) != 0)
        {
            _readable.Add(descriptor);
        }

        if ((interest & Readiness.Writable) != 0)
        {
            _writable.Add(descriptor);
        }
    }

    public void Remove(int descriptor)
    {
        _readable.Remove(descriptor);
        _writable.Remove(descriptor);
        _watched.Remove(descriptor);
        if (descriptor == _highest)
        {
            _highest = _watched.HighestUpTo(descriptor);
        }
    }

    public void Woken(Waker waker)
    {
        waker.Drain();
        Arm(waker.Descriptor, Readiness.Readable);
    }

    public SysResult Wait(Span<Ready> ready, int timeoutMilliseconds)
    {
        int words = (_highest / DescriptorSet.BitsPerWord) + 1;
        _readable.Words.AsSpan(0, words).CopyTo(_readableNow.Words);
        _writable.Words.AsSpan(0, words).CopyTo(_writableNow.Words);
        SysResult bits = Select(timeoutMilliseconds);
        if (bits.IsError)
        {
            // ENOMEM: no room in the kernel for its copy of the sets, which may be different in a moment.
            return bits.Errno is Errno.EINTR or Errno.ENOMEM ? new SysResult(0) : bits;
        }

        return new SysResult(bits.Value > 0 ? Report(ready, words) : 0);
    }

    public void Dispose()
    {
    }

    private SysResult Select(int timeoutMilliseconds)
    {
        // SAFETY: the arrays are on the pinned heap; fixed costs nothing.
        fixed (ulong* readable = _readableNow.Words, writable = _writableNow.Words)
        {
            if (_call == SelectCall.Select)
            {
                Libc.timeval timeout = new() { tv_sec = timeoutMilliseconds / 1000, tv_usec = timeoutMilliseconds % 1000 * 1000 };
                return SysResult.From(Libc.select(_highest + 1, readable, writable, null, timeoutMilliseconds < 0 ? null : &timeout));
            }

            timespec precise = timespec.FromMilliseconds(timeoutMilliseconds);
            return SysResult.From(
                Libc.pselect(_highest + 1, readable, writable, null, timeoutMilliseconds < 0 ? null : &precise, WaitMask.Address));
        }
    }

    /// <summary>Goes through the answer once round, from where the last look stopped. A report uses up what was waited for.</summary>
    private int Report(Span<Ready> ready, int words)
    {
        int reports = 0;
        int word = _next / DescriptorSet.BitsPerWord % words;
        ulong mask = ulong.MaxValue << (_next % DescriptorSet.BitsPerWord);

        // One word more than there are: the first is looked at in two halves.
        for (int looked = 0; looked <= words; looked++)
        {
            ulong members = (_readableNow.Words[word] | _writableNow.Words[word]) & mask;
            while (members != 0)
            {
                int descriptor = (word * DescriptorSet.BitsPerWord) + BitOperations.TrailingZeroCount(members);
                if (reports == ready.Length)
                {
                    _next = descriptor;
                    return reports;
                }

                members &= members - 1;
                ready[reports++] = Report(descriptor);
            }

            word = word + 1 == words ? 0 : word + 1;
            mask = looked + 1 == words ? ~(ulong.MaxValue << (_next % DescriptorSet.BitsPerWord)) : ulong.MaxValue;
        }

        return reports;
    }

    private Ready Report(int descriptor)
    {
        Readiness readiness = Readiness.None;
        if (_readableNow.Contains(descriptor))
        {
            readiness |= Readiness.Readable;
            _readable.Remove(descriptor);
        }

        if (_writableNow.Contains(descriptor))
        {
            readiness |= Readiness.Writable;
            _writable.Remove(descriptor);
        }

        return new Ready(descriptor, readiness);
    }

    private void Grow(int descriptors)
    {
        foreach (DescriptorSet set in (ReadOnlySpan<DescriptorSet>)[_watched, _readable, _writable, _readableNow, _writableNow])
        {
            set.Grow(descriptors);
        }
    }
}
