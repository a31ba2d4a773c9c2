namespace WebApp.Live;

/// <summary>Represents one of the transports that serve this app, and its end point.</summary>
/// <param name="Index">The position in <c>--transport</c>.</param>
/// <param name="Transport">The name of the transport.</param>
/// <param name="Port">The port on the loopback address.</param>
internal sealed record LiveSide(int Index, string Transport, int Port)
{
    /// <summary>
    /// The URL prefix of files: <c>UseStaticFiles</c> on the framework's transport, <c>UseDirectIoFiles</c> on the others.
    /// </summary>
    public string FilesPrefix => Transport == Transports.Sockets ? "/static/" : "/files/";
}
