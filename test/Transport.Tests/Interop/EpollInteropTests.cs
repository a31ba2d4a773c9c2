using Transport.Epoll.Interop;

namespace Transport.Tests.Interop;

/// <summary>What src/Transport.Epoll/Interop says of sys/epoll.h.</summary>
public class EpollInteropTests
{
    [Fact]
    public void Constants() => CComparison.Holds(["sys/epoll.h"],
        [.. CComparison.ConstantsOf(typeof(Libc)).Select(constant => (constant.Item1.StartsWith("EPOLLE", StringComparison.Ordinal)
            || constant.Item1.StartsWith("EPOLLO", StringComparison.Ordinal) ? $"(unsigned){constant.Item1}" : constant.Item1,
                constant.Item2))]);

    [Fact]
    public void Packed_where_the_kernel_packs_it() => CComparison.Holds(["sys/epoll.h"],
        ("sizeof(struct epoll_event)", EpollEvent.Size),
        ("offsetof(struct epoll_event, events)", 0),
        ("offsetof(struct epoll_event, data)", EpollEvent.DataOffset));
}
