using System.Net;

namespace Bench.Measuring;

/// <summary>What a stretch of time cost.</summary>
/// <param name="EndPoint">Where the server listens.</param>
/// <param name="Cpu">CPU time of the server, all of it.</param>
/// <param name="ContextSwitches">Of the server's threads.</param>
/// <param name="ServerBusy">Share of its processors that the server used in the middle of the stretch.</param>
/// <param name="ClientBusy">The same of the client and its processors; null where it could not be seen.</param>
/// <param name="OthersBusy">Share of the server's processors that went to somebody else.</param>
/// <param name="Stolen">Share of them that the hypervisor took.</param>
/// <param name="Strangers">Listening sockets on the port that are not the server's.</param>
internal sealed record WindowUse(
    IPEndPoint EndPoint, TimeSpan Cpu, long ContextSwitches, double ServerBusy, double? ClientBusy, double OthersBusy, double Stolen, int Strangers);
