using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Shared.Interop;
using Transport.Core;
using Transport.Core.Hosting;
using Transport.Core.Loops.Waiting;
using Transport.Core.Readiness;

namespace Test.Shared.Sweep;

/// <summary>Settings of the sweep transport. Bound from the configuration section <c>Kestrel:Transport:Sweep</c>.</summary>
public sealed class SweepTransportOptions : TransportOptions;

/// <summary>Adds the sweep transport.</summary>
public static class SweepTransportExtensions
{
    private static readonly TransportRegistration<SweepTransportOptions> Registration = new(
        "Sweep",
        static (options, section) => options.BindConfiguration(section),
        static (_, _) => new IoModel("sweep", "Sweep", static setup => new ReadinessLoop(setup, static () => new SweepPoller())));

    /// <summary>Configures Kestrel to use the sweep transport.</summary>
    public static IWebHostBuilder UseSweepTransport(this IWebHostBuilder builder) => Registration.AddTo(builder);
}

/// <summary>Asks the kernel nothing: reports every descriptor that is armed, once a millisecond.</summary>
/// <remarks>
/// What the kernel does to us, and what we do about it:
/// <list type="bullet">
/// <item>a) Nothing is reported, so everything that is armed is. A report is a hint: the receive that follows may say EAGAIN, and the
/// socket is armed again.</item>
/// <item>b) Nothing ends a sleep early, so it is short: a request waits for half a millisecond, and each idle connection costs a receive a
/// millisecond.</item>
/// </list>
/// </remarks>
internal sealed class SweepPoller : IPoller
{
    private const int PauseMilliseconds = 1;

    /// <summary>By descriptor: what is armed, and not reported since.</summary>
    private readonly Dictionary<int, Readiness> _armed = [];

    public SysResult Add(int descriptor, SocketRole role)
    {
        // Nothing yet: the loop arms what it waits for, before it waits.
        return new SysResult(0);
    }

    public void Arm(int descriptor, Readiness interest) =>
        _armed[descriptor] = _armed.GetValueOrDefault(descriptor) | interest;

    public void Remove(int descriptor) => _armed.Remove(descriptor);

    public void Woken(Waker waker)
    {
        // Reported whether it was woken or not; it stays armed, and needs no draining.
        Arm(waker.Descriptor, Readiness.Readable);
    }

    public SysResult Wait(Span<Ready> ready, int timeoutMilliseconds)
    {
        if (timeoutMilliseconds != 0)
        {
            Thread.Sleep(PauseMilliseconds);
        }

        int reports = 0;
        foreach ((int descriptor, Readiness interest) in _armed)
        {
            if (reports == ready.Length)
            {
                break;
            }

            ready[reports++] = new Ready(descriptor, interest);
        }

        for (int i = 0; i < reports; i++)
        {
            // A report uses up what was armed. What found no room is reported by the next wait.
            _armed.Remove(ready[i].Key);
        }

        return new SysResult(reports);
    }

    public void Dispose()
    {
    }
}
