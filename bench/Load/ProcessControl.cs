using Bench.Interop;

namespace Bench.Load;

/// <summary>A program: stopped and continued by signals.</summary>
internal sealed record ProcessControl(int ProcessId) : ILoadControl
{
    public void Pause() => _ = Libc.kill(ProcessId, Libc.SIGSTOP);

    public void Resume() => _ = Libc.kill(ProcessId, Libc.SIGCONT);
}
