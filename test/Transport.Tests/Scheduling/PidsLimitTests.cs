using Shared.Threads;

namespace Transport.Tests.Scheduling;

/// <summary>Which cgroup's limit is read, and when it refuses a thread.</summary>
public sealed class PidsLimitTests
{
    [Theory]
    [InlineData("0::/a/b\n", "a/b")]
    [InlineData("0::/a/b\n", "a")]
    [InlineData("0::/a/b\n", "")]
    [InlineData("0::/of/the/host\n", "")]
    [InlineData("12:memory:/m\n8:pids:/a/b\n0::/x\n", "pids/a/b")]
    [InlineData("12:memory:/m\n8:cpu,pids:/docker/1\n0::/\n", "pids")]
    public void The_nearest_cgroup_and_every_one_above_it_may_refuse(string membership, string limited)
    {
        using CgroupFolder folder = CgroupFolder.Fake(membership);
        folder.Add("a/b", max: null, current: 90);
        folder.Add(limited, max: 100, current: 90);
        PidsLimit limit = folder.Find();
        Assert.Null(limit.Refuses(10 - PidsLimit.Free));
        string? refused = limit.Refuses(11 - PidsLimit.Free);
        Assert.Contains("90 threads and processes of at most 100", refused, StringComparison.Ordinal);
        Assert.Contains(limited, refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0::/a\n")]
    [InlineData("8:memory:/b\n")]
    [InlineData("8:memory:/b")]
    [InlineData("not a cgroup\n\n::::")]
    public void Other_cgroups_and_those_without_a_limit_refuse_nothing(string membership)
    {
        using CgroupFolder folder = CgroupFolder.Fake(membership);
        folder.Add("a", max: null, current: 1000);
        folder.Add("b", max: 10, current: 10);
        folder.Add("memory/b", max: 10, current: 10);
        Assert.Null(folder.Find().Refuses(1));
    }

    [Fact]
    public void Without_proc_nothing_is_refused() => Assert.Null(PidsLimit.Find("/nowhere/cgroup", "/nowhere").Refuses(1));

    [Fact]
    public void A_limit_that_is_changed_or_lifted_is_seen()
    {
        using CgroupFolder folder = CgroupFolder.Fake("0::/a\n");
        folder.Add("a", max: 100, current: 50);
        PidsLimit limit = folder.Find();
        Assert.Null(limit.Refuses(1));
        folder.Set("a", "pids.max", 50);
        Assert.NotNull(limit.Refuses(1));
        folder.Add("a", max: null, current: 50);
        Assert.Null(limit.Refuses(1));
    }

    [Fact]
    public void The_limit_of_this_process_is_read_without_an_error() => Assert.Null(PidsLimit.OfProcess.Refuses(0));
}
