using Transport.Tests.Churn;

namespace Transport.Tests.Faults;

/// <summary>
/// Random clients over a kernel that is as unhelpful as it may lawfully be: short transfers, EAGAIN, EINTR, aborted accepts, delays.
/// </summary>
public class DiceTests(ITestOutputHelper output)
{
    [Theory, Transports(Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Random_clients_get_the_expected_bytes_while_system_calls_fail(TransportUnderTest transport)
    {
        int seed = Seed.Next(output);
        FaultShim.RollDice((ulong)seed, perThousand: 200);
        try
        {
            await RandomClientTests.RunAsync(transport, seed, exchangesEach: 150);
            Assert.True(FaultShim.DiceFired > 100, $"only {FaultShim.DiceFired} calls were met");
        }
        finally
        {
            FaultShim.RollDice(0, 0);
        }
    }
}
