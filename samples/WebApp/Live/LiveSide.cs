namespace WebApp.Live;

/// <summary>One of the transports that serve this app, and its end point.</summary>
/// <param name="Index">The position in <c>--transport</c>.</param>
/// <param name="Transport">The name of the transport.</param>
/// <param name="Port">The port on the loopback address.</param>
internal sealed record LiveSide(int Index, string Transport, int Port)
{
    /// <summary>The URL prefix of files: the framework's own middleware on its own transport, ours on ours.</summary>
    public string FilesPrefix => Transport == Transports.Sockets ? "/static/" : "/files/";
}
