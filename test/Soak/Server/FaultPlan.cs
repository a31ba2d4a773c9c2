using System.Reflection;

namespace Soak.Server;

/// <summary>Which faults the server's libc calls may meet: those that the kernel itself could answer with on this transport.</summary>
internal static class FaultPlan
{
    /// <summary>The assemblies whose libc calls go through the shim.</summary>
    private static readonly string[] Shipped =
        ["Transport.Core", "Transport.Epoll", "Transport.Select", "Transport.Rtsig", "Transport.Blocking", "Transport.Uring"];

    /// <summary>
    /// EAGAIN without cause is left out where it cannot come: for blocking descriptors, and for edge-triggered models, which rely on
    /// a new edge after it.
    /// </summary>
    public static DiceFaults For(TransportUnderTest transport, IReadOnlyList<string> set)
    {
        if (transport.IsOracle || FaultShim.Unavailable is not null)
        {
            return DiceFaults.None;
        }

        bool level = transport.Name is "epoll/level" or "epoll/oneshot" || OptionSetter.Sets(set, "Trigger", "Level")
            || OptionSetter.Sets(set, "Trigger", "Oneshot");
        bool again = transport.Model is "poll" or "select" or "busy" || level;
        return again ? DiceFaults.All : DiceFaults.All & ~DiceFaults.Again;
    }

    /// <summary>Why there are none; null where there are.</summary>
    public static string? WhyNone(TransportUnderTest transport)
        => transport.IsOracle ? "the framework's calls do not go through the shim" : FaultShim.Unavailable;

    /// <summary>Before the first libc call of the transport: a call that was once resolved stays as it is.</summary>
    public static void Install()
    {
        foreach (string name in Shipped)
        {
            FaultShim.Install(Assembly.Load(name));
        }
    }
}
