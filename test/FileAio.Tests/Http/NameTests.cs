using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using FileAio.Tests.Support;
using FileAio.Threads;

namespace FileAio.Tests.Http;

/// <summary>From a request's path to a file: names of every kind, directories and their documents, what is no file.</summary>
public sealed class NameTests(ServedTree served) : IClassFixture<ServedTree>
{
    [Theory]
    [InlineData("co:lon.txt", "/co:lon.txt")]
    [InlineData("per%cent.txt", "/per%25cent.txt")]
    [InlineData("per%41.txt", "/per%2541.txt")] // decoded once
    [InlineData("back\\slash.txt", "/back%5Cslash.txt")]
    [InlineData("back\\slash.txt", "/back\\slash.txt")]
    [InlineData("ends..", "/ends..")]
    [InlineData("t\u00fcr.txt", "/t%c3%bcr.txt")]
    [InlineData("tab\tand\nline.txt", "/tab%09and%0Aline.txt")]
    [InlineData("-rf", "/-rf")]
    [InlineData("~", "/~")]
    [InlineData("ranges.txt", "/dir/../ranges.txt")]
    [InlineData("ranges.txt", "/dir/%2e%2e/ranges.txt")]
    [InlineData("ranges.txt", "/ranges.txt?")]
    [InlineData("ranges.txt", "http://localhost/ranges.txt")] // the absolute form (RFC 9112, 3.2.2)
    public async Task A_percent_encoded_name_is_decoded(string name, string target)
    {
        if (!File.Exists(served.Tree.At(name)))
        {
            served.Tree.Write(name, "named " + name);
        }

        RawReply reply = await RawReply.GetAsync(served.Port, target);
        Assert.Equal(200, reply.Status);
        Assert.Equal(served.Tree.Bytes(name), reply.Body);
    }

    [Theory]
    [InlineData("/ranges.txt.")]
    [InlineData("/ranges.txt%20")]
    [InlineData("/ranges.txt/")]
    [InlineData("/ranges.txt/.")]
    [InlineData("/ranges.txt%2F")]
    [InlineData("/RANGES.txt")]
    [InlineData("/dir%2Findex.html")] // an encoded slash separates nothing
    [InlineData("/dir//index.html")]
    [InlineData("//dir/")]
    [InlineData("//")]
    [InlineData("/%FF")]
    [InlineData("/%C0%AF")]
    [InlineData("/.hidden.txt")]
    [InlineData("/.well-known/key.txt")]
    [InlineData("/open/.git/config.txt")] // in the middle of a path
    [InlineData("/loop.txt")]
    [InlineData("/broken.txt")]
    [InlineData("/fifo.txt")]
    [InlineData("/socket.txt")]
    [InlineData("/null.txt")]
    public async Task No_file_has_this_name(string target)
    {
        served.Tree.Write(".well-known/key.txt", "key");
        served.Tree.Write("open/.git/config.txt", "config");
        foreach ((string? link, string? to) in new[] { ("loop.txt", "loop.txt"), ("null.txt", "/dev/null") })
        {
            File.Delete(served.Tree.At(link));
            File.CreateSymbolicLink(served.Tree.At(link), to);
        }
        using Socket socket = BindSocket("socket.txt");
        Assert.Equal(404, (await RawReply.GetAsync(served.Port, target)).Status);
    }

    private Socket BindSocket(string name)
    {
        // A socket's path may have 107 bytes: it is made by a shorter way.
        string shorter = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Directory.CreateSymbolicLink(shorter, served.Tree.Root);
        try
        {
            File.Delete(served.Tree.At(name));
            Socket socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(shorter, name)));
            return socket;
        }
        finally
        {
            File.Delete(shorter);
        }
    }

    [Theory]
    [InlineData(255)] // NAME_MAX
    [InlineData(256)]
    [InlineData(4096)]
    [InlineData(7000)]
    public async Task A_name_may_be_long(int length)
    {
        string name = new string('n', length);
        if (length == 255)
        {
            served.Tree.Write(name, "long");
        }

        Assert.Equal(length == 255 ? 200 : 404, (await RawReply.GetAsync(served.Port, "/" + name)).Status);
    }

    [Fact]
    public async Task A_path_may_be_as_long_as_the_kernel_takes()
    {
        Assert.Equal(404, (await RawReply.GetAsync(served.Port, "/" + string.Concat(Enumerable.Repeat("d/", 3000)) + "x")).Status);
        Assert.Equal(404, (await RawReply.GetAsync(served.Port, "/" + string.Concat(Enumerable.Repeat("%C3%BC/", 1000)) + "x")).Status);
    }

    [Fact]
    public async Task An_unreadable_file_and_an_unsearchable_directory_are_403()
    {
        Assert.SkipWhen(Environment.UserName == "root", "root may read everything");
        served.Tree.Write("shut/file.txt", "x");
        served.Tree.Write("shut.txt", "x");
        Chmod("000", "shut.txt", "shut");
        Assert.Equal(403, (await RawReply.GetAsync(served.Port, "/shut.txt")).Status);
        Assert.Equal(403, (await RawReply.GetAsync(served.Port, "/shut/file.txt")).Status);
        Chmod("700", "shut");

        void Chmod(string mode, params IEnumerable<string> names)
            => Process.Start("chmod", [mode, .. names.Select(served.Tree.At)]).WaitForExit();
    }

    [Theory]
    [InlineData("a b", "/a%20b", "/a%20b/")]
    [InlineData("semi;d", "/semi;d?q=a%20b", "/semi;d/?q=a%20b")]
    [InlineData("a%41", "/a%2541", "/a%2541/")] // "/a%41/" would be another directory
    [InlineData("a%2Fb", "/a%2Fb", "/a%252Fb/")]
    [InlineData("t\u00fcr", "/t%c3%bcr", "/t%C3%BCr/")]
    [InlineData("what?", "/what%3F?x", "/what%3F/?x")]
    [InlineData("\\\\evil", "/%5C%5Cevil", "/%5C%5Cevil/")] // not a host's name for a browser
    public async Task A_redirect_leads_to_the_directory(string name, string target, string location)
    {
        served.Tree.Write(name + "/index.html", "index of " + name);
        RawReply reply = await RawReply.GetAsync(served.Port, target);
        Assert.Equal(301, reply.Status);
        Assert.Equal(location, reply.Header("location"));
        Assert.Equal("index of " + name, Encoding.UTF8.GetString((await RawReply.GetAsync(served.Port, location)).Body));
    }

    [Fact]
    public async Task Without_redirects_a_directory_has_its_document_at_either_name()
    {
        await using FileServer server = await FileServer.StartAsync(served.Tree.Root,
            options => (options.RedirectToAppendTrailingSlash, options.RequestPath) = (false, "/dir"));
        served.Tree.Write("index.html", "top");
        foreach (string? target in new[] { "/dir", "/dir/", "/dir/dir", "/dir/dir/" })
        {
            Assert.Equal((target, 200), (target, (await RawReply.GetAsync(server.Port, target)).Status));
        }
    }

    [Fact]
    public async Task The_request_path_without_its_slash_is_redirected()
    {
        served.Tree.Write("index.html", "top");
        await using FileServer server = await FileServer.StartAsync(served.Tree.Root, options => options.RequestPath = "/files/");
        RawReply reply = await RawReply.GetAsync(server.Port, "/files?x=1");
        Assert.Equal(301, reply.Status);
        Assert.Equal("/files/?x=1", reply.Header("location"));
        Assert.Equal("top", Encoding.ASCII.GetString((await RawReply.GetAsync(server.Port, "/files/")).Body));
        Assert.Equal(404, (await RawReply.GetAsync(server.Port, "/files//")).Status);
    }

    [Fact]
    public async Task A_default_document_is_a_file_and_the_next_name_is_tried_where_it_is_none()
    {
        Directory.CreateDirectory(served.Tree.At("docs/default.htm"));
        Directory.CreateDirectory(served.Tree.At("docs/default.html"));
        Process.Start("mkfifo", served.Tree.At("docs/index.htm")).WaitForExit();
        Assert.Equal(404, (await RawReply.GetAsync(served.Port, "/docs/")).Status);
        Assert.Equal(404, (await RawReply.GetAsync(served.Port, "/docs")).Status);
        File.CreateSymbolicLink(served.Tree.At("docs/index.html"), "../ranges.txt");
        RawReply reply = await RawReply.GetAsync(served.Port, "/docs/");
        Assert.Equal(served.Tree.Bytes("ranges.txt"), reply.Body);
        Assert.Equal("text/html", reply.Header("content-type"));
    }

    [Fact]
    public async Task A_directory_that_temporarily_cannot_be_searched_is_503_and_not_404()
    {
        // Where owners must agree every lookup is a thread's, and here there is one, with room for one more to wait.
        await using FileServer server = await FileServer.StartAsync(served.Tree.Root, options =>
            (options.DisableSymlinks, options.Threads, options.MaxQueue) = (SymlinkPolicy.IfNotOwner, 1, 1));
        using SemaphoreSlim busy = new SemaphoreSlim(0);
        using ManualResetEventSlim free = new ManualResetEventSlim();
        FileWork<bool> held = new FileWork<bool>(() => { busy.Release(); return free.Wait(Deadline.Default); }, false, static _ => { });
        Assert.True(server.Runtime.Threads.TryRun(held));
        await busy.WaitAsync(Deadline.Token);
        FileWork<bool> waiting = new FileWork<bool>(() => true, false, static _ => { });
        Assert.True(server.Runtime.Threads.TryRun(waiting));
        try
        {
            Assert.Equal(503, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
            Assert.Equal(503, (await RawReply.GetAsync(server.Port, "/dir/")).Status);
        }
        finally
        {
            free.Set();
        }
        await Task.WhenAll(held.Task, waiting.Task).WithinDeadline();
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/dir/")).Status);
    }
}
