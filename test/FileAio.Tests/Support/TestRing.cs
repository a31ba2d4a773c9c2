using FileAio.Engines.Uring;
using Microsoft.Win32.SafeHandles;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Support;

/// <summary>A ring that the test itself submits to and reaps.</summary>
internal sealed class TestRing : IDisposable
{
    private const string File = "b1048579.bin";
    private readonly int _eventFd = (int)EventFd.Create(EventFd.EFD_NONBLOCK).ThrowIfError("eventfd");

    public TestRing(int requests, int maxWaiting, int entries = 0) => Ring = new FileRing(requests, maxWaiting, 8, _eventFd, entries);

    public FileRing Ring { get; }

    public bool CanSubmit
    {
        get
        {
            lock (Ring.Gate)
            {
                return Ring.CanSubmit;
            }
        }
    }

    public bool TryAdd(TestOperation operation)
    {
        lock (Ring.Gate)
        {
            return Ring.TryAdd(operation);
        }
    }

    /// <summary>Adds operations and submits them.</summary>
    public void Add(params TestOperation[] operations)
    {
        foreach (TestOperation operation in operations)
        {
            Assert.True(TryAdd(operation), "too many operations wait");
        }

        Submit();
    }

    public void Submit() => Assert.True(Ring.Submit(static (operation, reason) => ((TestOperation)operation).Complete(reason)));

    public int Reap() => Ring.Reap(1000, static (operation, result) => ((TestOperation)operation).Complete(result));

    /// <summary>Reaps and submits until the condition is met.</summary>
    public Task UntilAsync(Func<bool> condition, string otherwise) => Deadline.Until(
        () =>
        {
            Reap();
            Submit();
            return condition();
        },
        () => otherwise);

    /// <summary>Reads the beginning of a file, and compares it.</summary>
    public async Task ReadFileAsync(FileTree tree)
    {
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        TestOperation read = TestOperation.ReadFile(handle, 0);
        Add(read);
        await UntilAsync(() => read.Result is not null, "the read of a file has not completed");
        Assert.Equal(4096, read.Result!.Value.Value);
        Assert.True(tree.Bytes(File).AsSpan(0, 4096).SequenceEqual(read.Buffer));
    }

    /// <summary>Cancels operations, and waits for those in flight.</summary>
    public async Task CancelAsync(params TestOperation[] operations)
    {
        foreach (TestOperation operation in operations)
        {
            lock (Ring.Gate)
            {
                if (Ring.TryWithdraw(operation))
                {
                    operation.Complete(SysResult.Error(Errno.ECANCELED));
                }
            }
        }

        await UntilAsync(() => operations.All(operation => operation.Result is not null), "the operations were not cancelled");
    }

    public void Dispose()
    {
        Ring.Dispose();
        Unistd.Close(_eventFd);
    }
}
