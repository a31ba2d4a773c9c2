using System.Runtime.InteropServices;
using FileAio.Interop;

namespace FileAio.Tests.Buffers;

/// <summary>Kernels with pages of 16 and 64 KiB, and processors whose system calls have other numbers.</summary>
public sealed class PageSizeTests
{
    [Theory]
    [InlineData(0x10000, 0x8000, 4096, 0x10000, 0x8000)]
    [InlineData(0x11000, 0x8000, 4096, 0x11000, 0x8000)]
    [InlineData(0x11000, 0x8000, 16384, 0x14000, 0x4000)]
    [InlineData(0x10000, 0x8000, 65536, 0x10000, 0)] // half a page: what lies behind it is somebody else's
    [InlineData(0x11000, 0x20000, 65536, 0x20000, 0x10000)]
    [InlineData(0x1f000, 0x1000, 65536, 0x20000, 0)]
    public void Only_whole_pages_are_dropped(long address, long length, int page, long start, long whole)
    {
        Assert.Equal(((nint)start, (nint)whole), Libc.WholePages((nint)address, (nint)length, page));
    }

    [Fact]
    public void Buffers_are_whole_pages_of_this_kernel()
    {
        using FileAio.Buffers.AlignedBufferPool pool = new FileAio.Buffers.AlignedBufferPool(new FileAio.Buffers.BufferBudget(1 << 20));
        FileAio.Buffers.AlignedBuffer buffer = pool.TryRent(1)!;
        Assert.Equal(Environment.SystemPageSize, buffer.Size);
        Assert.Equal(buffer.Size, pool.Budget.Used);
        pool.Return(buffer);
    }

    [Theory]
    [InlineData(true, Architecture.X64, true), InlineData(true, Architecture.Arm64, true), InlineData(false, Architecture.X64, false)]
    [InlineData(true, Architecture.X86, false), InlineData(true, Architecture.Arm, false), InlineData(true, Architecture.S390x, false)]
    [InlineData(true, Architecture.Ppc64le, false), InlineData(true, Architecture.RiscV64, false),
        InlineData(true, Architecture.LoongArch64, false)]
    public void System_calls_are_made_by_number_where_their_numbers_are_known(bool linux, Architecture architecture, bool supported)
    {
        Assert.Equal(supported, Platform.Supports(linux, architecture));
    }
}
