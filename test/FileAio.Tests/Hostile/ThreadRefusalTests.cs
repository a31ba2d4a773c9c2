using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Engines.KernelAio;
using FileAio.Tests.Support;
using FileAio.Threads;
using Microsoft.Win32.SafeHandles;
using Shared.Threads;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Hostile;

/// <summary>
/// Threads that the system refuses (RLIMIT_NPROC, pids.max): each read and open is served by the threads there are, or refused at once, and
/// later ones are served.
/// </summary>
[Collection(nameof(Alone))]
[Trait("Category", "Hostile")]
public sealed class ThreadRefusalTests(FileTree tree) : IClassFixture<FileTree>
{
    private const string File = "b1048579.bin";

    [Fact]
    public async Task Without_a_first_thread_reads_opens_and_posts_are_refused_and_later_served()
    {
        bool refuse = true;
        using ThreadPoolEngine engine = new ThreadPoolEngine(4, 100, (name, run) => refuse ? null : EngineThread.TryStart(name, run));
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(1 << 20)) { Poison = true };
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        // Once it has a thread, a lane needs no other.
        foreach ((bool refused, bool served) in new[] { (true, false), (true, false), (false, true), (true, true) })
        {
            refuse = refused;
            Assert.Equal(served ? 4096 : -Errno.EAGAIN, await ReadAsync(engine, pool, handle));
            FileWork<int> work = new FileWork<int>(() => 1, -1, static _ => { });
            Assert.True(engine.TryRun(work));
            Assert.Equal(served ? 1 : -1, await work.Task.WithinDeadline());
            TaskCompletionSource posted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            engine.Post(static done => ((TaskCompletionSource)done!).SetResult(), posted);
            await posted.Task.WithinDeadline();
        }
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public async Task Existing_threads_serve_the_queue_when_no_more_can_be_started()
    {
        int started = 0;
        using ThreadPoolEngine engine = new ThreadPoolEngine(8, 10_000, (name, run) => name == "aio thread"
            && Interlocked.Increment(ref started) > 1 ? null : EngineThread.TryStart(name, run));
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(64 << 20)) { Poison = true };
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        long[] results = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => ReadAsync(engine, pool, handle))).WithinDeadline();
        Assert.All(results, result => Assert.Equal(4096, result));
        Assert.Equal(0, pool.Rented);
    }

    /// <summary>Below pids.max, four threads are left for the runtime, which ends the process if it cannot have one.</summary>
    [Fact]
    public void No_engine_takes_the_last_threads_below_the_limit_of_the_cgroup()
    {
        DirectoryInfo mount = Directory.CreateTempSubdirectory("cgroup");
        try
        {
            string membership = Write("membership", "0::/\n");
            Write("pids.max", "40\n");
            Write("pids.current", "35\n");
            PidsLimit limit = PidsLimit.Find(membership, mount.FullName);
            Assert.NotNull(EngineThread.TryStart("aio thread", () => { }, limit));
            Write("pids.current", "36\n");
            Assert.Null(EngineThread.TryStart("aio thread", () => { }, limit));
        }
        finally
        {
            mount.Delete(recursive: true);
        }

        string Write(string file, string text)
        {
            string path = Path.Combine(mount.FullName, file);
            System.IO.File.WriteAllText(path, text);
            return path;
        }
    }

    /// <summary>Every second start fails, as where other processes of the user come and go.</summary>
    [Theory]
    [InlineData(1), InlineData(8)]
    public async Task Each_read_completes_once_even_if_threads_cannot_be_started(int threads)
    {
        int starts = 0;
        for (int round = 0; round < 50; round++)
        {
            using ThreadPoolEngine engine = new ThreadPoolEngine(threads, 10_000,
                (name, run) => (Interlocked.Increment(ref starts) & 1) == 0 ? null : EngineThread.TryStart(name, run));
            using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(64 << 20)) { Poison = true };
            using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
            long[] results = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => ReadAsync(engine, pool, handle))))
                .WithinDeadline();
            Assert.All(results, result => Assert.Contains(result, new long[] { 4096, -Errno.EAGAIN }));
            Assert.Equal(0, pool.Rented);
            Assert.Equal(0, engine.WaitingReads);
        }
    }

    [Theory]
    [InlineData(AioMode.On, 1), InlineData(AioMode.On, 2), InlineData(AioMode.Posix, 1)]
    public async Task An_engine_whose_threads_cannot_be_started_is_replaced(AioMode aio, int refused)
    {
        int starts = 0;
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.Aio = aio,
            threads: (name, run) => Interlocked.Increment(ref starts) == refused ? null : EngineThread.TryStart(name, run));
        Assert.Equal("threads", server.Status.Engine);
        Assert.Contains("pthread_create", server.Status.FallbackReason);
        Assert.Equal(tree.Bytes(File), (await RawReply.GetAsync(server.Port, "/" + File)).Body);
        await server.IdleAsync();
    }

    [Theory]
    [InlineData(AioMode.Threads), InlineData(AioMode.On), InlineData(AioMode.Uring)]
    public async Task A_server_that_can_start_no_thread_answers_503_and_serves_once_it_can(AioMode aio)
    {
        bool refuse = true;
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            options => (options.Aio, options.DisableSymlinks) = (aio, SymlinkPolicy.IfNotOwner), // every open is a thread's
            threads: (name, run) => refuse && name is ("aio thread" or "aio open") ? null : EngineThread.TryStart(name, run));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(503, (await RawReply.GetAsync(server.Port, "/" + File)).Status);
        }

        await server.IdleAsync();
        refuse = false;
        Assert.Equal(tree.Bytes(File), (await RawReply.GetAsync(server.Port, "/" + File)).Body);
        await server.IdleAsync();
    }

    /// <summary>
    /// Two threads submit, nothing else is in flight, and the kernel takes neither's: each sees the other's blocks as in flight.
    /// </summary>
    [Fact]
    public async Task Two_submitters_that_are_both_refused_leave_no_read_behind()
    {
        using ThreadPoolEngine threads = new ThreadPoolEngine(4, 10_000);
        Assert.SkipUnless(LinuxAioEngine.TryCreate(16, threads, out LinuxAioEngine? engine, out EngineRefusal refused), refused.Reason);
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(1 << 20));
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        using (AioFault fails = AioFault.Script(AioFaultKind.IoSubmitFails, Errno.EAGAIN, count: -1))
        {
            Task<long>[] reads;
            using (AioFault late = AioFault.Script(AioFaultKind.IoSubmitLate, AioFault.Held, count: -1))
            {
                reads = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() => ReadAsync(engine, pool, handle)))];
                await Deadline.Until(() => late.Fired == 2, () => $"{late.Fired} of 2 submissions");
            }
            Assert.All(await Task.WhenAll(reads).WithinDeadline(), result => Assert.Equal(4096, result));
        }
        await Task.Run(engine.Dispose);
    }

    [Theory]
    [InlineData(AioFaultKind.AioReadFails), InlineData(AioFaultKind.LioListioFails)]
    public async Task Posix_aio_that_can_queue_nothing_for_now_invents_no_end_of_file(object kind)
    {
        Assert.SkipUnless(PosixAioEngine.TryCreate(16, out PosixAioEngine? engine, out string reason), reason);
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(1 << 20));
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        using (AioFault fails = AioFault.Script((AioFaultKind)kind, Errno.EAGAIN, count: -1))
        {
            for (int i = 0; i < 20; i++)
            {
                long[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReadAsync(engine, pool, handle))).WithinDeadline();
                Assert.All(results, result => Assert.Contains(result, new long[] { 4096, -Errno.EAGAIN }));
            }
        }

        Assert.All(await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReadAsync(engine, pool, handle))).WithinDeadline(),
            result => Assert.Equal(4096, result));
        Assert.Equal(0, pool.Rented);
        await Task.Run(engine.Dispose);
    }

    /// <summary>
    /// The sample as another user, under a real limit: from the moment it is set no thread can be started. (RLIMIT_NPROC does not bind
    /// root.)
    /// </summary>
    [Theory]
    [InlineData("Threads"), InlineData("On"), InlineData("Posix"), InlineData("Uring")]
    public async Task A_process_at_its_limit_of_threads_survives_and_serves_once_the_limit_is_raised(string aio)
    {
        Assert.SkipUnless(Environment.UserName == "root", "RLIMIT_NPROC is set for another user, which takes root");
        using SampleAsUser sample = await SampleAsUser.StartAsync(tree.Root, aio);
        byte[] expected = tree.Bytes(File);
        sample.LimitThreadsToThoseThere();
        int served = 0, busy = 0;
        for (int round = 0; round < 5; round++)
        {
            RawReply?[] replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => sample.TryGetAsync("/files/" + File)));
            foreach (RawReply? reply in replies)
            {
                if (reply?.Status == 200 && expected.AsSpan().SequenceEqual(reply.Body))
                {
                    served++;
                }
                else
                {
                    Assert.True(reply is null || reply.Status is 503 || reply.Body.Length < expected.Length, $"{reply?.Status}");
                    busy++;
                }
            }
        }
        Assert.Equal(100, served + busy);
        SkipIfTheRuntimeEnded(sample);
        if (!sample.TryLiftLimit())
        {
            SkipIfTheRuntimeEnded(sample); // between the two lines above
        }

        for (int i = 0; i < 5; i++)
        {
            RawReply? reply = await sample.TryGetAsync("/files/" + File);
            if (reply is null && sample.Exits())
            {
                SkipIfTheRuntimeEnded(sample); // it was about to, when the limit was lifted
            }

            Assert.Equal(200, reply?.Status);
            Assert.True(expected.AsSpan().SequenceEqual(reply!.Body));
        }
        await Deadline.Until(() => sample.Get("/transport").Contains("\"readsInFlight\":0", StringComparison.OrdinalIgnoreCase),
            () => sample.Get("/transport"));
    }

    /// <summary>
    /// Under such a limit the runtime ends a process of its own accord, as it does one that only serves /plaintext on the framework's
    /// transport: then nothing can be learned of this library.
    /// </summary>
    private static void SkipIfTheRuntimeEnded(SampleAsUser sample)
    {
        if (sample.HasExited)
        {
            Assert.SkipWhen(sample.Printed.EndsWith("Out of memory.\n", StringComparison.Ordinal),
                "the runtime itself was refused a thread, and ended the process");
            Assert.Fail(sample.Printed);
        }
    }

    private async Task<long> ReadAsync(IFileEngine engine, AlignedBufferPool pool, SafeFileHandle handle)
    {
        AlignedBuffer buffer = pool.TryRent(4096)!;
        SysResult read = await buffer.Read.StartAsync(engine, (int)handle.DangerousGetHandle(), buffer.Address, 4096, 0).WithinDeadline();
        Assert.False(buffer.Read.InFlight);
        if (!read.IsError)
        {
            Assert.True(tree.Slice(File, 0, 4096).AsSpan().SequenceEqual(buffer.GetSpan()[..4096]));
        }
        pool.Return(buffer);
        return read.Value;
    }
}
