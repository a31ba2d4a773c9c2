namespace Transport.Core.Connections;

/// <summary>Creates connection ids like Kestrel's: 13 characters that sort by time and are unique in the process.</summary>
internal static class ConnectionId
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    private static long s_last = DateTime.UtcNow.Ticks;

    public static string Next() => string.Create(13, Interlocked.Increment(ref s_last), static (text, id) =>
    {
        for (int i = text.Length - 1; i >= 0; i--)
        {
            text[i] = Digits[(int)(id & 31)];
            id >>= 5;
        }
    });
}
