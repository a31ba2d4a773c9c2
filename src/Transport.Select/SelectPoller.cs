using System.Numerics;
using Transport.Core.Loops.Waiting;
using Transport.Core.Readiness;
using Libc = Transport.Select.Interop.Libc;

namespace Transport.Select;

/// <summary>An <see cref="IPoller"/> on select(2).</summary>
/// <remarks>
/// The kernel's behaviour and how this class handles it (4.2BSD, 1983; pselect(2) Linux 2.6.16):
/// <list type="bullet">
/// <item>a) It overwrites the sets with its results. There are therefore two of each: the awaited descriptors, and a copy for the
/// kernel.</item>
/// <item>b) FD_SETSIZE, 1,024, limits the descriptor's number and not the count. libc's FD_SET writes past the end of the set without an
/// error. Here a descriptor that does not fit is refused. The kernel itself has no such limit (core_sys_select takes as many bits as nfds
/// says), so these sets may be larger.</item>
/// <item>c) Kernel and process scan every bit below nfds, awaited or not. CPU for a wait grows with the highest descriptor, not with the
/// number of connections. nfds is lowered when the highest descriptor is removed.</item>
/// <item>d) Errors and hang-ups are reported as readable or writable, and only for awaited directions: a paused connection causes no
/// events.</item>
/// <item>e) It reports states and not changes. Data that a receive has left is reported again, including FIN and data behind urgent data.
/// The third set, exceptional conditions, is not needed.</item>
/// <item>f) One closed descriptor makes the whole call fail with EBADF. Remove is therefore always called before close.</item>
/// <item>g) Linux writes the remaining time into the time-out: it is set again for every call.</item>
/// <item>h) Results are in ascending order of descriptors. The scan starts where the last one stopped, so that the highest descriptors do
/// not starve.</item>
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

    /// <summary>The kernel's copies, which hold its results.</summary>
    private readonly DescriptorSet _readableNow = new();
    private readonly DescriptorSet _writableNow = new();

    /// <summary>The highest registered descriptor; −1: none.</summary>
    private int _highest = -1;

    /// <summary>The descriptor at which the next scan of the results begins.</summary>
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
            // ENOMEM: the kernel has no memory for its copy of the sets at the moment.
            return bits.Errno is Errno.EINTR or Errno.ENOMEM ? new SysResult(0) : bits;
        }

        return new SysResult(bits.Value > 0 ? Report(ready, words) : 0);
    }

    public void Dispose()
    {
    }

    private SysResult Select(int timeoutMilliseconds)
    {
        // SAFETY: the arrays are on the pinned object heap.
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

    /// <summary>Scans the results once around, from where the last scan stopped. An event disarms its direction.</summary>
    private int Report(Span<Ready> ready, int words)
    {
        int reports = 0;
        int word = _next / DescriptorSet.BitsPerWord % words;
        ulong mask = ulong.MaxValue << (_next % DescriptorSet.BitsPerWord);

        // One more than the number of words: the first word is scanned in two halves.
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
