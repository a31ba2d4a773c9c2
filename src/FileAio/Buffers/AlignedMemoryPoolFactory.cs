using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace FileAio.Buffers;

/// <summary>Gives Kestrel and its transports <see cref="AlignedMemoryPool"/>s.</summary>
internal sealed class AlignedMemoryPoolFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new AlignedMemoryPool();
}
