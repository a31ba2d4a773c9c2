namespace Transport.Epoll;

/// <summary>How epoll reports readiness (epoll(7)).</summary>
public enum EpollTrigger
{
    /// <summary>
    /// EPOLLET: once for every change. One <c>epoll_ctl</c> in a connection's life and none per request. The default.
    /// </summary>
    Edge,

    /// <summary>
    /// For as long as it lasts. The mask follows what is waited for, lazily: a connection whose application is behind costs an
    /// <c>epoll_ctl</c> to hush it and one to hear it again.
    /// </summary>
    Level,

    /// <summary>
    /// EPOLLONESHOT: once, and then not before <c>epoll_ctl</c> has asked for it again, so an <c>epoll_ctl</c> per request. Here to be
    /// compared.
    /// </summary>
    Oneshot,
}
