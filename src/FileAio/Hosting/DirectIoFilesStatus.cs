using FileAio.Buffers;

namespace FileAio;

/// <summary>What one <c>UseDirectIoFiles</c> does, for status pages.</summary>
/// <param name="Root">The folder, or the name of the provider's type.</param>
/// <param name="RequestPath">Where it is served, which is a route pattern for <c>MapDirectIoFiles</c>; empty for the application's root.</param>
/// <param name="Engine">What reads past the page cache: <c>linux-aio</c>, <c>threads</c>, <c>posix-aio</c> or <c>off</c>.</param>
/// <param name="FallbackReason">What the kernel said, where that is not the engine asked for; else null.</param>
/// <param name="DirectIoThreshold">Files of this many bytes or more are read directly; null for none.</param>
/// <param name="ReadIntoPipe">Whether direct reads land in the response pipe's own memory.</param>
public sealed record DirectIoFilesStatus(
    string Root, string RequestPath, string Engine, string? FallbackReason, long? DirectIoThreshold, bool ReadIntoPipe)
{
    private readonly Func<DirectIoFilesCounts>? _counts;
    private readonly Func<IReadOnlyList<DirectIoRefusal>>? _refusals;

    internal DirectIoFilesStatus(Sending.FileServing serving, string root)
        : this(root, serving.Options.Pattern ?? serving.Options.RequestPath.Value ?? "", serving.Runtime.Engine.Name, serving.Runtime.FallbackReason,
            serving.DirectIoThreshold == long.MaxValue ? null : serving.DirectIoThreshold, serving.ReadIntoPipe)
    {
        _refusals = () => serving.Devices.Refusals;
        AlignedBufferPool buffers = serving.Runtime.Buffers;
        _counts = () => new DirectIoFilesCounts(
            Diagnostics.FileMetrics.ReadsInFlight, Diagnostics.FileMetrics.FallbackCount, buffers.Rented, buffers.Budget.Used, buffers.Budget.Limit);
    }

    /// <summary>The devices of which files have refused direct reads so far; empty where none has.</summary>
    public IReadOnlyList<DirectIoRefusal> DirectIoRefusals => _refusals?.Invoke() ?? [];

    /// <summary>The process's counts as they are now.</summary>
    public DirectIoFilesCounts Counts => _counts?.Invoke() ?? default;
}
