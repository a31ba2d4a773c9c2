using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.LifeCycle;

/// <summary>
/// The AppContext switch that turns resets into graceful ends. It is read once a process, so it takes a process to set it.
/// </summary>
public class FinOnErrorTests
{
    [Theory, Transports]
    public async Task Abort_does_what_the_switch_says(TransportUnderTest transport)
    {
        AppContext.TryGetSwitch(TestAssembly.FinOnErrorSwitch, out bool finOnError);
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        pair.Server.Abort(new ConnectionAbortedException("because"));
        if (finOnError)
        {
            Assert.Empty(await pair.Client.ReceiveToEndAsync());
        }
        else
        {
            await pair.Client.ExpectResetAsync();
        }
    }

    /// <summary>One process for all transports: its start takes longer than the rows.</summary>
    [Fact]
    public async Task The_rows_above_hold_in_a_process_with_the_switch_on()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(TestAssembly.FinOnErrorVariable) == "1", "This is that process.");
        IReadOnlyList<TransportUnderTest> transports = TransportCatalogue.Selected;
        Assert.SkipWhen(transports.Count == 0, "Only variants are selected.");
        ProcessStartInfo start = new ProcessStartInfo("dotnet",
        [
            typeof(FinOnErrorTests).Assembly.Location, "-noLogo", "-noColor",
            "-method", $"{typeof(FinOnErrorTests).FullName}.{nameof(Abort_does_what_the_switch_says)}",
        ])
        {
            RedirectStandardOutput = true,
            Environment = { [TestAssembly.FinOnErrorVariable] = "1" },
        };
        using Process child = Process.Start(start)!;
        string output = await child.StandardOutput.ReadToEndAsync().WithinDeadline();
        await child.WaitForExitAsync().WithinDeadline();
        int unavailable = transports.Count(transport => transport.Unavailable is not null);
        string total = $"Total: {transports.Count}, Errors: 0, Failed: 0, Skipped: {unavailable}";
        Assert.True(child.ExitCode == 0 && output.Contains(total, StringComparison.Ordinal), output);
    }
}
