namespace Transport.Epoll;

/// <summary>Specifies how epoll reports readiness (epoll(7)).</summary>
public enum EpollTrigger
{
    /// <summary>
    /// EPOLLET: once for each change. One <c>epoll_ctl</c> for the lifetime of a connection and none for a request. The default.
    /// </summary>
    Edge,

    /// <summary>
    /// Level-triggered: for as long as readiness lasts. The registration follows the awaited events, lazily. Each pause and resume by
    /// back-pressure takes two <c>epoll_ctl</c> calls.
    /// </summary>
    Level,

    /// <summary>
    /// EPOLLONESHOT: once, until <c>epoll_ctl</c> re-arms it, so one <c>epoll_ctl</c> for each request. For comparison.
    /// </summary>
    Oneshot,
}
