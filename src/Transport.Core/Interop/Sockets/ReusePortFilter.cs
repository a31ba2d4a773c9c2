namespace Transport.Core.Interop.Sockets;

/// <summary>
/// The classic BPF program that selects a random one of the first <c>count</c> sockets of an SO_REUSEPORT group. Sockets that join the
/// group later have higher numbers and are never selected (docs/decisions/0009).
/// </summary>
internal static unsafe class ReusePortFilter
{
    /// <summary>Attaches the program to any socket of the group (SO_ATTACH_REUSEPORT_CBPF).</summary>
    public static SysResult Attach(int socket, int count)
    {
        Libc.sock_filter* instructions = stackalloc Libc.sock_filter[3];
        instructions[0] = new Libc.sock_filter
        {
            code = Libc.BPF_LD | Libc.BPF_W | Libc.BPF_ABS,
            k = unchecked((uint)(Libc.SKF_AD_OFF + Libc.SKF_AD_RANDOM)),
        };
        instructions[1] = new Libc.sock_filter { code = Libc.BPF_ALU | Libc.BPF_MOD | Libc.BPF_K, k = (uint)count };
        instructions[2] = new Libc.sock_filter { code = Libc.BPF_RET | Libc.BPF_A };
        Libc.sock_fprog program = new() { len = 3, filter = instructions };
        return SysResult.From(
            Libc.setsockopt(socket, Libc.SOL_SOCKET, Libc.SO_ATTACH_REUSEPORT_CBPF, &program, (uint)sizeof(Libc.sock_fprog)));
    }

    /// <summary>
    /// Attaches the program to an unbound socket, to test whether the kernel supports it. Sandboxes (gVisor) and kernels before 4.5 refuse.
    /// </summary>
    public static SysResult Probe()
    {
        SysResult socket = SysResult.From(Libc.socket(Libc.AF_INET, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0));
        if (socket.IsError)
        {
            return socket;
        }

        int descriptor = (int)socket.Value;
        SysResult result = SocketCalls.SetReusePort(descriptor, on: true);
        if (!result.IsError)
        {
            result = Attach(descriptor, 1);
        }

        SocketCalls.Close(descriptor);
        return result;
    }
}
