using System.ComponentModel;
using System.Runtime.InteropServices;
using Bench.Interop;

namespace Bench.Load;

/// <summary>An epoll instance of readable connections. Level-triggered; not thread-safe.</summary>
internal sealed unsafe class ReadySet : IDisposable
{
    private const int Capacity = 256;

    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private readonly int _epoll = Check(Libc.epoll_create1(0), "epoll_create1");
    private readonly byte[] _events = GC.AllocateArray<byte>(Capacity * sizeof(Libc.epoll_event_aligned), pinned: true);

    /// <summary>Registers a descriptor with a number that <see cref="Wait"/> returns.</summary>
    public void Add(int descriptor, int number)
    {
        Libc.epoll_event_packed packed = new Libc.epoll_event_packed { events = Libc.EPOLLIN, data = (uint)number };
        Libc.epoll_event_aligned aligned = new Libc.epoll_event_aligned { events = Libc.EPOLLIN, data = (uint)number };
        // Both structs live on this stack for the call.
        Check(Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_ADD, descriptor, Packed ? &packed : &aligned), "epoll_ctl");
    }

    /// <summary>Waits for readable descriptors.</summary>
    /// <param name="numbers">Receives their numbers.</param>
    /// <param name="limit">The maximum time to wait; zero does not wait.</param>
    /// <returns>The number of readable descriptors.</returns>
    public int Wait(Span<int> numbers, TimeSpan limit)
    {
        Libc.timespec timeout = new Libc.timespec
        {
            tv_sec = (long)limit.TotalSeconds,
            tv_nsec = limit.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
        };
        fixed (byte* events = _events)   // allocated pinned
        {
            int count = Libc.OrErrno(Libc.epoll_pwait2(_epoll, events, Math.Min(Capacity, numbers.Length), &timeout, null));
            if (count == -Libc.EINTR)
            {
                return 0;
            }

            if (count < 0)
            {
                throw new Win32Exception(-count, "epoll_wait");
            }

            for (int i = 0; i < count; i++)
            {
                numbers[i] = Packed
                    ? (int)((Libc.epoll_event_packed*)events)[i].data
                    : (int)((Libc.epoll_event_aligned*)events)[i].data;
            }

            return count;
        }
    }

    public void Dispose() => _ = Libc.close(_epoll);

    private static int Check(int result, string call)
    {
        result = Libc.OrErrno(result);
        return result >= 0 ? result : throw new Win32Exception(-result, call);
    }
}
