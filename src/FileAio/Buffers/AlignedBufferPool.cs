using System.Diagnostics;
using FileAio.Interop;

namespace FileAio.Buffers;

/// <summary>
/// The read buffers of a process: page-aligned, reused, limited by a <see cref="BufferBudget"/>. A buffer may be returned only after its
/// read has completed. Buffers that were free for a whole period are unmapped.
/// </summary>
internal sealed class AlignedBufferPool : IDisposable
{
    /// <summary>The interval at which free memory is released, here and in <see cref="AlignedMemoryPool"/>.</summary>
    // a guess: a later burst pays the page faults again, about 10 µs per buffer
    public static readonly TimeSpan TrimPeriod = TimeSpan.FromSeconds(1);

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

    /// <summary>The number of buffers in use.</summary>
    public int Rented => Volatile.Read(ref _rented);

    /// <summary>Whether returned buffers are overwritten, so that a test detects a use after return.</summary>
    public bool Poison { get; set; }

    /// <summary>Rents a buffer of at least <paramref name="size"/> bytes. Returns null if the limit leaves none within the time.</summary>
    public async ValueTask<AlignedBuffer?> RentAsync(int size, TimeSpan timeout, CancellationToken cancellation)
    {
        size = RoundUp(size);
        return await Budget.AcquireAsync(size, timeout, cancellation).ConfigureAwait(false) ? Take(size) : null;
    }

    /// <summary>Rents a buffer without waiting.</summary>
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
        Debug.Assert(!buffer.Read.InFlight, "a buffer is returned while the kernel may still write to it");
        if (Poison && !buffer.Read.InFlight)
        {
            buffer.GetSpan().Fill(0xDB);
        }

        Interlocked.Decrement(ref _rented);
        if (buffer.Read.InFlight)
        {
            return; // a bug: the buffer is leaked and stays counted, because the kernel could otherwise write into another response
        }

        lock (_gate)
        {
            Class(buffer.Size).Return(buffer);
        }

        Budget.Release(buffer.Size);
    }

    /// <summary>
    /// Returns the size class: powers of two from the kernel's page size (4, 16 or 64 KiB). With few classes, a returned buffer fits most
    /// requests.
    /// </summary>
    private static int RoundUp(int size) =>
        (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, Environment.SystemPageSize));

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

    /// <summary>Unmaps the free buffers. Buffers in use stay mapped.</summary>
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
