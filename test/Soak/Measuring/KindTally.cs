namespace Soak.Measuring;

/// <summary>What one kind of client did.</summary>
internal sealed class KindTally
{
    private long _requests;
    private long _bytes;
    private long _errors;
    private long _aborts;

    /// <summary>Requests whose answer was right.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Checked bytes of bodies, in both directions.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Requests that the client itself broke off.</summary>
    public long Aborts => Interlocked.Read(ref _aborts);

    public void Add(long bytes, int requests = 1)
    {
        Interlocked.Add(ref _requests, requests);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void AddError() => Interlocked.Increment(ref _errors);

    public void AddAbort() => Interlocked.Increment(ref _aborts);
}
