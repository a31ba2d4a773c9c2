using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.Models;

/// <summary>An application's memory pools. A sending thread that unpins their memory after its call waits until this is disposed.</summary>
internal sealed class LatePoolFactory : IMemoryPoolFactory<byte>, IDisposable
{
    private readonly ManualResetEventSlim _mayUnpin = new();
    private volatile bool _isSending;
    private volatile bool _isHeld;

    /// <summary>A sending thread has pinned memory for its call.</summary>
    public bool IsSending => _isSending;

    /// <summary>A sending thread has returned from its call, and waits.</summary>
    public bool IsHeld => _isHeld;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool(this);

    /// <summary>The event is not disposed: the thread still uses it.</summary>
    public void Dispose() => _mayUnpin.Set();

    private static bool IsSendingThread => Thread.CurrentThread.Name is { } name && name.StartsWith("send ", StringComparison.Ordinal);

    private sealed class Pool(LatePoolFactory factory) : MemoryPool<byte>
    {
        public override int MaxBufferSize => 4096;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Block(factory);

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed unsafe class Block(LatePoolFactory factory) : MemoryManager<byte>
    {
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(4096, pinned: true);

        public override Memory<byte> Memory => CreateMemory(_bytes.Length);

        public override Span<byte> GetSpan() => _bytes;

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            factory._isSending |= IsSendingThread;

            // SAFETY: the array is on the pinned object heap.
            fixed (byte* start = &_bytes[elementIndex])
            {
                return new MemoryHandle(start, pinnable: this);
            }
        }

        public override void Unpin()
        {
            if (IsSendingThread)
            {
                factory._isHeld = true;
                factory._mayUnpin.Wait();
            }
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
