using System.Reflection;
using System.Runtime.InteropServices;

namespace Test.Shared;

/// <summary>Which descriptors a fault may meet.</summary>
public enum Role
{
    Any,
    Listening,
    Connected,
    NoSocket,
}

/// <summary>
/// faults.c in libc's place, for the assemblies that ask. Loaded before their first call, it passes everything through until a test
/// scripts a fault; then it is one process-wide script, so that tests which use it do not run beside others.
/// </summary>
public static unsafe partial class FaultShim
{
    /// <summary>Every way to take bytes from a socket, and to give it some.</summary>
    public static readonly string[] Receives = ["recv", "recvfrom", "recvmsg", "readv", "read"];
    public static readonly string[] Sends = ["send", "sendto", "sendmsg", "writev", "write"];
    public static readonly string[] FileSends = ["sendfile"];
    public static readonly string[] Accepts = ["accept4", "accept"];
    public static readonly string[] Waits =
        ["epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect", "sigtimedwait", "io_uring_enter"];

    private const string Library = "testfaults";
    private static readonly Lazy<nint> Handle = new(Load);

    /// <summary>Why it cannot be used here; null where it can.</summary>
    public static string? Unavailable => CCompiler.Unavailable;

    /// <summary>
    /// Sends the assembly's libc calls through the shim. Once an assembly, before its first call; nothing without a compiler.
    /// </summary>
    public static void Install(Assembly assembly)
    {
        if (Unavailable is null)
        {
            NativeLibrary.SetDllImportResolver(assembly, (name, _, _) => name == "libc" ? Handle.Value : 0);
        }
    }

    /// <param name="calls">libc's names: the fault meets whichever of them is called.</param>
    /// <param name="error">What they fail with.</param>
    /// <param name="role">Which descriptors.</param>
    /// <param name="peerPort">Only the connection whose client has this port; 0 for any.</param>
    /// <param name="skip">How many matching calls pass before.</param>
    /// <param name="count">How many fail; −1 for all until it is disposed.</param>
    public static Fault Fail(string[] calls, Errno error, Role role = Role.Any, int peerPort = 0, long skip = 0, long count = 1)
        => Add(calls, peerPort, role, skip, count, 0, (int)error);

    /// <summary>Transfers at most so many bytes a call, and has what is left reported anew.</summary>
    public static Fault Shorten(string[] calls, int most, int peerPort = 0, long count = -1)
        => Add(calls, peerPort, Role.Connected, 0, count, 1, most);

    public static Fault Delay(string[] calls, TimeSpan delay, Role role = Role.Any, int peerPort = 0, long count = -1)
        => Add(calls, peerPort, role, 0, count, 2, (int)delay.TotalMicroseconds);

    /// <summary>EAGAIN although there is something, which is reported directly afterwards: as if it had come a moment later.</summary>
    public static Fault Again(string[] calls, int peerPort = 0, long skip = 0, long count = 1)
        => Add(calls, peerPort, Role.Connected, skip, count, 3, 0);

    /// <summary>From here on, so many of a thousand calls meet a lawful fault of one of the <paramref name="kinds"/>.</summary>
    /// <param name="seed">Decides which calls, and what they meet.</param>
    /// <param name="perThousand">How many calls of a thousand; 0 turns it off.</param>
    /// <param name="kinds">What a call may meet.</param>
    public static void RollDice(ulong seed, int perThousand, DiceFaults kinds = DiceFaults.Default)
        => test_fault_dice(seed, perThousand, (int)kinds);

    public static ulong DiceFired => test_fault_dice_fired();

    /// <summary>How often the calls were made since the process began, whether they failed or not.</summary>
    public static long Counted(params string[] calls) => (long)test_fault_counted(Mask(calls));

    private static Fault Add(string[] calls, int port, Role role, long skip, long count, int fault, int value)
    {
        int rule = test_fault_add(Mask(calls), port, (int)role, (nint)skip, (nint)count, fault, value);
        return rule < 0 ? throw new InvalidOperationException("Too many faults at once.") : new Fault(rule);
    }

    private static ulong Mask(string[] calls)
    {
        ulong mask = 0UL;
        foreach (string call in calls)
        {
            fixed (byte* name = System.Text.Encoding.ASCII.GetBytes(call + '\0'))
            {
                mask |= test_fault_call(name) is var bit and not 0 ? bit : throw new ArgumentException($"The shim does not know {call}.");
            }
        }
        return mask;
    }

    private static nint Load()
    {
        using StreamReader source = new StreamReader(typeof(FaultShim).Assembly.GetManifestResourceStream("faults.c")!);
        return NativeLibrary.Load(CCompiler.BuildSharedLibrary(source.ReadToEnd(), "libtestfaults"));
    }

    static FaultShim() =>
        NativeLibrary.SetDllImportResolver(typeof(FaultShim).Assembly, (name, _, _) => name == Library ? Handle.Value : 0);

    [LibraryImport(Library)] private static partial ulong test_fault_call(byte* name);
    [LibraryImport(Library)]
    private static partial int test_fault_add(ulong of, int port, int role, nint skip, nint count, int fault,
        int value);
    [LibraryImport(Library)] internal static partial void test_fault_remove(int at);
    [LibraryImport(Library)] internal static partial nint test_fault_fired(int at);
    [LibraryImport(Library)] internal static partial nint test_fault_seen(int at);
    [LibraryImport(Library)] private static partial void test_fault_dice(ulong seed, int perThousand, int kinds);
    [LibraryImport(Library)] private static partial ulong test_fault_dice_fired();
    [LibraryImport(Library)] private static partial nint test_fault_counted(ulong of);
}
