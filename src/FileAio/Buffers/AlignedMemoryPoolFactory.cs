using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace FileAio.Buffers;

/// <summary>Creates the <see cref="AlignedMemoryPool"/>s of Kestrel and its transports.</summary>
internal sealed class AlignedMemoryPoolFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new AlignedMemoryPool();
}
