namespace Transport.Tests.Churn;

/// <summary>
/// Clients that do by chance whatever HTTP/1.1 allows, and some that it does not, against an oracle that knows each answer.
/// The seed is in the output and in the message of a failure; TEST_SEED runs it again. Many seeds: ./build.sh soak seeds.
/// </summary>
public class RandomClientTests(ITestOutputHelper output)
{
    private const int Clients = 12;
    private const int ExchangesEach = 2000;

    [Theory, Transports(Variants = true)]
    public async Task Random_clients_get_the_expected_bytes(TransportUnderTest transport)
        => await RunAsync(transport, Seed.Next(output), transport.Name.Contains('/') ? ExchangesEach / 8 : ExchangesEach);

    internal static async Task RunAsync(TransportUnderTest transport, int seed, int exchangesEach)
    {
        await using World world = await World.StartAsync(transport);
        int exchanges = await RandomClient.RunAllAsync(world.Server, seed, Clients, exchangesEach).WaitAsync(Deadline.Default * 4);
        Assert.Equal(Clients * exchangesEach, exchanges);
        await world.EverybodyIsServedAsync();
    }
}
