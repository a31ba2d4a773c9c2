using System.Diagnostics;
using FileAio.Interop;

namespace FileAio.Buffers;

/// <summary>
/// The process's buffers for reads: mapped once, page-aligned, reused, bounded by a <see cref="BufferBudget"/>.
/// A buffer may only be returned when its read has completed. Free buffers that a period did not need are unmapped.
/// </summary>
internal sealed class AlignedBufferPool : IDisposable
{
    /// <summary>How often free memory is looked over, here and in <see cref="AlignedMemoryPool"/>.</summary>
    public static readonly TimeSpan TrimPeriod = TimeSpan.FromSeconds(1); // a guess: a burst that comes back later pays the page faults again, some 10 µs a buffer

    private readonly Lock _gate = new();
    private readonly Dictionary<int, FreeStack<AlignedBuffer>> _classes = [];
    private readonly Timer _trim;
    private int _rented;

    public AlignedBufferPool(BufferBudget budget)
    {
        Budget = budget;
        _trim = new Timer(static state => ((AlignedBufferPool)state!).Trim(), this, TrimPeriod, TrimPeriod);
    }

    public BufferBudget Budget { get; }

    /// <summary>Buffers that are out.</summary>
    public int Rented => Volatile.Read(ref _rented);

    /// <summary>Overwrites what is returned, so that a test sees it when anybody still reads there.</summary>
    public bool Poison { get; set; }

    /// <summary>A buffer of at least <paramref name="size"/> bytes, or null where the bound leaves none within the time.</summary>
    public async ValueTask<AlignedBuffer?> RentAsync(int size, TimeSpan timeout, CancellationToken cancellation)
    {
        size = RoundUp(size);
        return await Budget.AcquireAsync(size, timeout, cancellation).ConfigureAwait(false) ? Take(size) : null;
    }

    /// <summary>The same without waiting.</summary>
    public AlignedBuffer? TryRent(int size)
    {
        size = RoundUp(size);
        return Budget.TryAcquire(size) ? Take(size) : null;
    }

    private AlignedBuffer? Take(int size)
    {
        Interlocked.Increment(ref _rented);
        lock (_gate)
        {
            if (Class(size).TryTake() is { } free)
            {
                return free;
            }
        }
        SysResult mapped = Libc.MapBuffer(size);
        if (!mapped.IsError)
        {
            return new AlignedBuffer((nint)mapped.Value, size);
        }

        Interlocked.Decrement(ref _rented);
        Budget.Release(size);
        return null;
    }

    public void Return(AlignedBuffer buffer)
    {
        Debug.Assert(!buffer.Read.InFlight, "a buffer comes back while the kernel may still write to it");
        if (Poison && !buffer.Read.InFlight)
        {
            buffer.GetSpan().Fill(0xDB);
        }

        Interlocked.Decrement(ref _rented);
        if (buffer.Read.InFlight)
        {
            return; // a bug: the memory stays the kernel's, and its bytes stay counted, rather than be another response's
        }

        lock (_gate)
        {
            Class(buffer.Size).Return(buffer);
        }

        Budget.Release(buffer.Size);
    }

    /// <summary>
    /// Powers of two from a page of this kernel on (4, 16 or 64 KiB): few classes, so that a freed buffer fits the next who asks.
    /// </summary>
    private static int RoundUp(int size) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, Environment.SystemPageSize));

    private FreeStack<AlignedBuffer> Class(int size)
    {
        if (!_classes.TryGetValue(size, out FreeStack<AlignedBuffer>? sizeClass))
        {
            _classes.Add(size, sizeClass = new FreeStack<AlignedBuffer>());
        }

        return sizeClass;
    }

    private void Trim()
    {
        List<AlignedBuffer> drop = new List<AlignedBuffer>();
        lock (_gate)
        {
            foreach (FreeStack<AlignedBuffer> sizeClass in _classes.Values)
            {
                drop.AddRange(sizeClass.TakeUnused());
            }
        }
        foreach (AlignedBuffer buffer in drop)
        {
            Libc.UnmapBuffer(buffer.Address, buffer.Size);
        }
    }

    /// <summary>Unmaps what is free. Buffers still out are their holders' to the end.</summary>
    public void Dispose()
    {
        _trim.Dispose();
        lock (_gate)
        {
            foreach (AlignedBuffer? buffer in _classes.Values.SelectMany(sizeClass => sizeClass.TakeAll()))
            {
                Libc.UnmapBuffer(buffer.Address, buffer.Size);
            }

            _classes.Clear();
        }
    }
}
