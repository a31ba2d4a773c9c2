using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using RtsigUdp;
using Transport.Rtsig;

// RtsigUdp [PORT]…: echoes UDP datagrams on each port (0: one of the kernel's choosing), until SIGINT or SIGTERM.
string[] ports = args.Length > 0 ? args : ["0"];
using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole());
RtsigCounters counters = new();
SignalOverflows overflows = new(counters, loggers.CreateLogger("RtsigUdp"), "udp");

using CancellationTokenSource stopping = new();
using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

using DatagramEcho echo = new(
    new RtsigTransportOptions().EffectiveSignal,
    counters,
    overflows,
    [.. ports.Select(port => new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture)))]);
Console.WriteLine($"Echoing datagrams on {string.Join(", ", echo.EndPoints)}");
echo.Run(stopping.Token);
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{echo.Echoed} echoed, {echo.Dropped} dropped, {counters.Signals} signals, {counters.Overflows} overflows"));

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stopping.Cancel();
}
