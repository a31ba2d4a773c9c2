using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace FileAio.Tests.Support;

/// <summary>The metric fileaio.bytes_read, by engine.</summary>
internal static class BytesRead
{
    /// <summary>Returns the bytes that each engine has read during the action, up to the end of all requests.</summary>
    public static async Task<Dictionary<string, long>> DuringAsync(FileServer server, Func<Task> action)
    {
        ConcurrentDictionary<string, long> bytes = new();
        using MeterListener meter = new()
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "fileaio.bytes_read")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        int sign = -1; // what was read before
        meter.SetMeasurementEventCallback<long>((_, count, tags, _)
            => bytes.AddOrUpdate((string)tags[0].Value!, sign * count, (_, before) => before + (sign * count)));
        meter.Start();
        meter.RecordObservableInstruments();
        await action();
        await server.IdleAsync();
        sign = 1;
        meter.RecordObservableInstruments();
        return bytes.Where(engine => engine.Value != 0).ToDictionary();
    }
}
