using System.Reflection;
using System.Runtime.CompilerServices;
using Shared.Threads;

// Descriptors, threads and the fault script are the process's: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Transport.Tests;

internal static class TestAssembly
{
    public const string FinOnErrorSwitch = "Microsoft.AspNetCore.Server.Kestrel.FinOnError";
    public const string FinOnErrorVariable = "TEST_FIN_ON_ERROR";

    /// <summary>The assemblies whose libc calls go through the fault shim.</summary>
    private static readonly string[] Shipped =
        ["Transport.Core", "Transport.Epoll", "Transport.Select", "Transport.Rtsig", "Transport.Blocking", "Transport.Uring"];

    public static IEnumerable<Assembly> ShippedAssemblies => Shipped.Select(Assembly.Load);

    /// <summary>Before anything of theirs has run: a libc call that was once resolved stays as it is.</summary>
    [ModuleInitializer]
    internal static void Prepare()
    {
        foreach (Assembly assembly in ShippedAssemblies)
        {
            FaultShim.Install(assembly);
        }

        if (Environment.GetEnvironmentVariable(FinOnErrorVariable) == "1")
        {
            AppContext.SetSwitch(FinOnErrorSwitch, true);
        }
        // In a cgroup with a limit it opens files, which are no leak of the first test that starts a server.
        _ = PidsLimit.OfProcess;
        // Handlers that block and churn tests would otherwise wait for the thread pool to grow, a thread every half second.
        ThreadPool.SetMinThreads(16, 16);
    }
}
