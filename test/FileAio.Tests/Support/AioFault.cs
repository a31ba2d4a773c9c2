using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FileAio.Tests.Support;

internal enum AioFaultKind
{
    IoSetupFails,
    IoSubmitFails,
    IoSubmitShort,
    EventResult,
    EventShort,
    OpenDirectFails,
    PreadV2Fails,
    PreadFails,
    OpenAt2Fails,
    PreadLate,
    EventsLate,
    OpenAtFails,
    StatxFails,
    RootOpenFails,
    IoSubmitLate,
    StatxLate,
    OpenCold,
    OpenLate,
    AioReadFails,
    LioListioFails,
    UringSetupFails,
    UringEnterFails,
    UringEnterLate,
    UringReadResult,
    UringOpenResult,
    UringStatResult,
    UringReadShort,
    UringOpenHeld,
}

/// <summary>
/// aiofaults.c in libc's place for FileAio: one scripted fault, in force until it is disposed. One script a process: tests that use it run
/// alone.
/// </summary>
internal sealed unsafe partial class AioFault : IDisposable
{
    private const string Library = "aiofaults";
    private static readonly Lazy<nint> Handle = new(Load);
    private readonly AioFaultKind _kind;

    /// <summary>Of what is late, with a count of −1: it returns when the fault is disposed.</summary>
    public const long Held = -1;

    private AioFault(AioFaultKind kind) => _kind = kind;

    /// <summary>How many calls it met.</summary>
    public long Fired => aio_fault_fired((int)_kind);

    /// <summary>How many opens were submitted to a ring since the process began.</summary>
    public static long UringOpens => aio_fault_uring_opens();

    /// <param name="kind">What goes wrong.</param>
    /// <param name="value">The errno, the result, the bytes at most, or the milliseconds; <see cref="Held"/> for until it is
    /// disposed.</param>
    /// <param name="count">How many calls; −1 for all until it is disposed.</param>
    /// <param name="skip">How many pass before.</param>
    public static AioFault Script(AioFaultKind kind, long value, long count = 1, long skip = 0)
    {
        Assert.SkipWhen(CCompiler.Unavailable is not null, CCompiler.Unavailable ?? "");
        aio_fault_set((int)kind, skip, count, value);
        return new AioFault(kind);
    }

    public void Dispose() => aio_fault_set((int)_kind, 0, 0, 0);

#pragma warning disable CA2255 // a test host is an application
    [ModuleInitializer]
    internal static void Install()
    {
        NativeLibrary.SetDllImportResolver(typeof(AioFault).Assembly, static (name, _, _) => name == Library ? Handle.Value : 0);
        if (CCompiler.Unavailable is null)
        {
            NativeLibrary.SetDllImportResolver(typeof(DirectIoFileOptions).Assembly, static (name, _, _) => name == "libc" ? Handle.Value
                : 0);
        }
    }
#pragma warning restore CA2255

    private static nint Load()
    {
        using StreamReader source = new StreamReader(typeof(AioFault).Assembly.GetManifestResourceStream("aiofaults.c")!);
        return NativeLibrary.Load(CCompiler.BuildSharedLibrary(source.ReadToEnd(), "libaiofaults"));
    }

    [LibraryImport(Library)]
    private static partial void aio_fault_set(int kind, nint skip, nint count, nint value);

    [LibraryImport(Library)]
    private static partial nint aio_fault_fired(int kind);

    [LibraryImport(Library)]
    private static partial nint aio_fault_uring_opens();

    private static void aio_fault_set(int kind, long skip, long count, long value)
        => aio_fault_set(kind, (nint)skip, (nint)count, (nint)value);
}
