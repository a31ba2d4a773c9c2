using static Transport.Tests.Interop.ResourceLimits;

namespace Transport.Tests.Models;

/// <summary>Lowers RLIMIT_SIGPENDING of this process, until it is disposed.</summary>
internal sealed unsafe class PendingLimit : IDisposable
{
    private readonly nuint[] _before = new nuint[2];

    public PendingLimit(nuint limit)
    {
        fixed (nuint* before = _before)
        {
            Assert.Equal(0, getrlimit(RLIMIT_SIGPENDING, before));
        }

        Set(limit);
    }

    public void Dispose() => Set(_before[0]);

    private void Set(nuint limit)
    {
        nuint* pair = stackalloc nuint[] { limit, _before[1] };
        Assert.Equal(0, setrlimit(RLIMIT_SIGPENDING, pair));
    }
}
