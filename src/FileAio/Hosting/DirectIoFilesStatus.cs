using FileAio.Buffers;

namespace FileAio;

/// <summary>Represents the status of one <c>UseDirectIoFiles</c>, for status pages.</summary>
/// <param name="Root">The folder, or the name of the provider's type.</param>
/// <param name="RequestPath">The request path, or the route pattern for <c>MapDirectIoFiles</c>; empty for the application's root.</param>
/// <param name="Engine">The engine of direct reads: <c>linux-aio</c>, <c>threads</c>, <c>posix-aio</c> or <c>off</c>.</param>
/// <param name="FallbackReason">Why the configured engine is not used; null if it is used.</param>
/// <param name="DirectIoThreshold">The size in bytes from which files are read directly; null if none are.</param>
/// <param name="ReadIntoPipe">Whether direct reads go into the memory of the response pipe.</param>
public sealed record DirectIoFilesStatus(
    string Root, string RequestPath, string Engine, string? FallbackReason, long? DirectIoThreshold, bool ReadIntoPipe)
{
    private readonly Func<DirectIoFilesCounts>? _counts;
    private readonly Func<IReadOnlyList<DirectIoRefusal>>? _refusals;

    internal DirectIoFilesStatus(Composition.FileServing serving, string root)
        : this(root, serving.Options.Pattern ?? serving.Options.RequestPath.Value ?? "", serving.Runtime.Engine.Name,
            serving.Runtime.FallbackReason,
            serving.DirectIoThreshold == long.MaxValue ? null : serving.DirectIoThreshold, serving.ReadIntoPipe)
    {
        _refusals = () => serving.Devices.Refusals;
        AlignedBufferPool buffers = serving.Runtime.Buffers;
        _counts = () => new DirectIoFilesCounts(
            Diagnostics.FileMetrics.ReadsInFlight, Diagnostics.FileMetrics.FallbackCount, buffers.Rented, buffers.Budget.Used,
            buffers.Budget.Limit);
    }

    /// <summary>Gets the devices with files that refused direct reads; empty if there are none.</summary>
    public IReadOnlyList<DirectIoRefusal> DirectIoRefusals => _refusals?.Invoke() ?? [];

    /// <summary>Gets the current counts of the process.</summary>
    public DirectIoFilesCounts Counts => _counts?.Invoke() ?? default;
}
