using System.Net;

namespace Bench.Measuring;

/// <summary>What a server and its machine used in a period of time.</summary>
/// <param name="EndPoint">The address that the server listens on.</param>
/// <param name="Cpu">CPU time of the server, user and kernel.</param>
/// <param name="ContextSwitches">Context switches of the server's threads.</param>
/// <param name="ServerBusy">The share of its processors that the server used in the middle of the period.</param>
/// <param name="ClientBusy">The same of the load generator; null where it could not be read.</param>
/// <param name="OthersBusy">The share of the server's processors that other processes used.</param>
/// <param name="Stolen">The share of them that the hypervisor took.</param>
/// <param name="Strangers">The number of sockets of other processes that listen on the server's port.</param>
internal sealed record WindowUse(
    IPEndPoint EndPoint, TimeSpan Cpu, long ContextSwitches, double ServerBusy, double? ClientBusy, double OthersBusy, double Stolen,
    int Strangers);
