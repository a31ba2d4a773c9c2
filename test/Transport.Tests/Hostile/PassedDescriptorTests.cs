using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Shared.Interop;
using Transport.Core.Interop;

namespace Transport.Tests.Hostile;

/// <summary>A client of a Unix socket that passes descriptors (SCM_RIGHTS) nobody asked for.</summary>
[Trait("Category", "Hostile")]
public sealed class PassedDescriptorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("transport-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>
    /// A receive ends where descriptors were attached, though more bytes have come: taking it for the last would wait for ever.
    /// </summary>
    [Theory, Transports(Variants = true)]
    public async Task Bytes_behind_a_passed_descriptor_arrive_and_the_descriptor_is_closed(TransportUnderTest transport)
    {
        UnixDomainSocketEndPoint endPoint = new(Path.Combine(_folder, "s"));
        using Socket listening = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listening.Bind(endPoint);
        listening.Listen(16);
        using RawClient client = await RawClient.ConnectAsync(endPoint);

        // The write end of the pipe is passed and then closed here: the read end meets the end once nobody has it any more.
        using System.IO.Pipes.AnonymousPipeServerStream pipe = new(System.IO.Pipes.PipeDirection.In);
        for (int i = 0; i < 3; i++)
        {
            SendWithDescriptor(client.Socket, "passed", (int)pipe.ClientSafePipeHandle.DangerousGetHandle());
            await client.SendAsync("plain");
        }

        pipe.DisposeLocalCopyOfClientHandle();
        await using BareListener listener =
            await BareListener.BindAsync(transport, endPoint, new TransportSettings { CreateBoundListenSocket = _ => listening });
        await using ConnectionContext server = await listener.AcceptAsync();
        Assert.Equal("passedplainpassedplainpassedplain", await server.ReadTextAsync(33));
        Assert.Equal(0, await Task.Run(() => pipe.Read(new byte[1])).WithinDeadline());
    }

    private static unsafe void SendWithDescriptor(Socket socket, string text, int descriptor)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        byte* control = stackalloc byte[24];   // CMSG_SPACE(sizeof(int))
        *(ulong*)control = 20;                 // cmsg_len
        *(int*)(control + 8) = 1;              // SOL_SOCKET
        *(int*)(control + 12) = 1;             // SCM_RIGHTS
        *(int*)(control + 16) = descriptor;
        fixed (byte* data = bytes)
        {
            iovec piece = new() { iov_base = data, iov_len = (nuint)bytes.Length };
            Libc.msghdr message = new() { msg_iov = &piece, msg_iovlen = 1, msg_control = control, msg_controllen = 24 };
            Assert.Equal(bytes.Length, Libc.sendmsg((int)socket.SafeHandle.DangerousGetHandle(), &message, 0));
        }
    }
}
