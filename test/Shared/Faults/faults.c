/*
 * Stands between the transports and libc in the test host: what a test has scripted goes wrong, everything else goes through.
 *
 * a) Only the transports' own calls come here (the host points their "libc" at this library); the runtime's sockets do not.
 * b) A failed call has no effect, as the kernel would have it, but for close: Linux always gives the descriptor up, whatever it says.
 * c) A short transfer, or an EAGAIN out of nowhere, is only lawful if readiness is reported anew: with edge triggering the kernel
 *    would have sent an edge for what came after. The shim asks for one with EPOLL_CTL_MOD, which looks at the descriptor again.
 * d) io_uring's operations are no calls. What is submitted is looked at on its way: an error becomes a NOP with that result (Linux 6.10), a
 *    short transfer a smaller length.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define CALLS(X) \
    X(accept) X(accept4) X(recv) X(recvfrom) X(recvmsg) X(readv) X(read) X(send) X(sendto) X(sendmsg) X(writev) X(write) \
    X(epoll_create1) X(epoll_wait) X(epoll_pwait) X(epoll_pwait2) X(epoll_ctl) X(eventfd) X(setsockopt) X(shutdown) X(close) \
    X(poll) X(ppoll) X(select) X(pselect) X(fcntl) X(signalfd) X(sigtimedwait) X(socket) X(bind) X(listen) X(connect) X(sendfile) \
    X(io_uring_setup) X(io_uring_enter) X(io_uring_register)

enum call {
#define X(name) call_##name,
    CALLS(X)
#undef X
    calls
};

static const char *const names[] = {
#define X(name) #name,
    CALLS(X)
#undef X
};

enum role { any_descriptor, listening_socket, connected_socket, no_socket };
enum fault { fault_error, fault_shorten, fault_delay, fault_again };
enum dice_kind { dice_short = 1, dice_again = 2, dice_delay = 4, dice_eintr = 8, dice_accept = 16, dice_pause = 32 };

#define RULES 64
#define DESCRIPTORS 65536

struct rule {
    int used;
    unsigned long long of;          /* bit per call */
    int port;                       /* of the peer, 0 for any */
    enum role role;
    long skip;                      /* matching calls that pass first */
    long count;                     /* how many are hit, -1 for all */
    enum fault fault;
    int value;                      /* errno, bytes at most, or microseconds */
    _Atomic long seen, fired;
};

static struct rule rules[RULES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int active;                              /* rules in use, plus one for the dice */
static _Atomic unsigned long long seed, rolls, dice_fired;
static _Atomic int dice;                                /* of a thousand calls, how many are hit; 0 is off */
static _Atomic int dice_kinds;                          /* what a hit may be: enum dice_kind */
static _Atomic long counted[calls];

static _Atomic unsigned short peer_port[DESCRIPTORS];
static struct { _Atomic int epoll; struct epoll_event event; } watched[DESCRIPTORS];

/* ---- what a test says ---- */

unsigned long long test_fault_call(const char *name) {
    for (int i = 0; i < calls; i++)
        if (strcmp(name, names[i]) == 0) return 1ULL << i;
    return 0;
}

int test_fault_add(unsigned long long of, int port, int role, long skip, long count, int fault, int value) {
    pthread_mutex_lock(&lock);
    int at = -1;
    for (int i = 0; i < RULES && at < 0; i++)
        if (!rules[i].used) at = i;
    if (at >= 0) {
        struct rule *r = &rules[at];
        r->of = of; r->port = port; r->role = role; r->skip = skip; r->count = count; r->fault = fault; r->value = value;
        r->seen = 0; r->fired = 0; r->used = 1;
        active++;
    }
    pthread_mutex_unlock(&lock);
    return at;
}

void test_fault_remove(int at) {
    pthread_mutex_lock(&lock);
    if (rules[at].used) { rules[at].used = 0; active--; }
    pthread_mutex_unlock(&lock);
}

long test_fault_fired(int at) { return rules[at].fired; }
long test_fault_seen(int at) { return rules[at].seen; }

/* Seeded: the nth roll of a seed is always the same, though which call it meets depends on the threads. */
void test_fault_dice(unsigned long long new_seed, int per_thousand, int kinds) {
    pthread_mutex_lock(&lock);
    if (dice) active--;
    seed = new_seed; rolls = 0; dice_fired = 0; dice = per_thousand; dice_kinds = kinds;
    if (dice) active++;
    pthread_mutex_unlock(&lock);
}

unsigned long long test_fault_dice_fired(void) { return dice_fired; }

long test_fault_counted(unsigned long long of) {
    long sum = 0;
    for (int i = 0; i < calls; i++)
        if (of & (1ULL << i)) sum += counted[i];
    return sum;
}

/* ---- what happens to a call ---- */

static void *libc_symbol(const char *name) {
    static _Atomic(void *) libc;
    void *handle = libc;
    if (!handle) {
        handle = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
        if (!handle) handle = RTLD_NEXT;
        libc = handle;
    }
    return dlsym(handle, name);
}

#define REAL(name) ({ static _Atomic(void *) p; void *f = p; if (!f) p = f = libc_symbol(#name); (__typeof__(&name))f; })

static enum role role_of(int fd) {
    int listening = 0;
    socklen_t length = sizeof listening;
    if (REAL(getsockopt)(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0) return no_socket;
    return listening ? listening_socket : connected_socket;
}

static uint64_t mix(uint64_t x) {   /* splitmix64 */
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

struct verdict { int error; size_t most; int rearm; };

static int transfers(enum call call) {
    switch (call) {
    case call_recv: case call_recvfrom: case call_recvmsg: case call_readv: case call_read:
    case call_send: case call_sendto: case call_sendmsg: case call_writev: case call_write: case call_sendfile: return 1;
    default: return 0;
    }
}

static void pause_for(int microseconds) {
    struct timespec t = { microseconds / 1000000, microseconds % 1000000 * 1000L };
    nanosleep(&t, 0);
}

/* Signal-driven I/O is edge-triggered too: the kernel would have queued one more signal, for the thread that watches the descriptor. Only that thread may say so (a positive si_code goes to
   oneself alone), and only there it is needed: a send from elsewhere that meets EAGAIN is made once more by the loop before it waits. */
static void requeue(int fd) {
    int saved = errno;
    struct f_owner_ex owner;
    int flags = REAL(fcntl)(fd, F_GETFL);
    if (flags != -1 && (flags & O_ASYNC) && REAL(fcntl)(fd, F_GETOWN_EX, &owner) == 0 && owner.type == F_OWNER_TID && owner.pid == syscall(SYS_gettid)) {
        siginfo_t info;
        memset(&info, 0, sizeof info);
        info.si_signo = REAL(fcntl)(fd, F_GETSIG);
        info.si_code = POLL_IN;
        info.si_band = POLLIN | POLLOUT;
        info.si_fd = fd;
        syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), info.si_signo, &info);
    }
    errno = saved;
}

/* Readiness must be reported anew, or an edge-triggered reader waits for ever for what it was told is not there. */
static void rearm(int fd) {
    if (fd < 0 || fd >= DESCRIPTORS) return;
    int epoll = watched[fd].epoll;
    struct epoll_event event = watched[fd].event;
    if (epoll > 0 && (event.events & EPOLLET)) {
        int saved = errno;
        REAL(epoll_ctl)(epoll - 1, EPOLL_CTL_MOD, fd, &event);
        errno = saved;
    }
    requeue(fd);
}

/* accept(2): what befell one client that waited, and what the machine is short of for a while. */
static const int lost[] = { ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ETIMEDOUT, EPERM };
static const int scarce[] = { ENOBUFS, ENOMEM, EMFILE, ENFILE };

static struct verdict judge(enum call call, int fd) {
    struct verdict verdict = { 0, (size_t)-1, 0 };
    atomic_fetch_add_explicit(&counted[call], 1, memory_order_relaxed);
    if (!active) return verdict;
    int saved = errno, delay = 0;
    enum role role = fd < 0 ? no_socket : role_of(fd);
    int port = fd >= 0 && fd < DESCRIPTORS ? peer_port[fd] : 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < RULES; i++) {
        struct rule *r = &rules[i];
        if (!r->used || !(r->of & (1ULL << call))) continue;
        if (r->port && r->port != port) continue;
        if (r->role != any_descriptor && r->role != role) continue;
        long nth = r->seen++;
        if (nth < r->skip || (r->count >= 0 && nth >= r->skip + r->count)) continue;
        r->fired++;
        switch (r->fault) {
        case fault_error: verdict.error = r->value; break;
        case fault_again: verdict.error = EAGAIN; verdict.rearm = 1; break;
        case fault_shorten: verdict.most = r->value; verdict.rearm = 1; break;
        case fault_delay: delay = r->value; break;
        }
    }
    if (dice) {
        uint64_t roll = mix(seed + rolls++);
        if ((int)(roll % 1000) < dice) {
            unsigned what = (roll >> 32) % 8, small = 1 + (roll >> 40) % 97;
            int kind = 0;
            if (transfers(call) && role == connected_socket) kind = what < 4 ? dice_short : what < 6 ? dice_again : what < 7 ? dice_delay : dice_eintr;
            else if (call == call_accept4 || call == call_accept) kind = what < 4 ? dice_accept : what < 7 ? dice_eintr : dice_pause;
            else if (call == call_epoll_wait || call == call_poll || call == call_select || call == call_io_uring_enter) kind = dice_eintr;
            kind &= dice_kinds;
            switch (kind) {
            case dice_short: verdict.most = small; verdict.rearm = 1; break;
            case dice_again: verdict.error = EAGAIN; verdict.rearm = 1; break;
            case dice_delay: delay = (int)small * 10; break;
            case dice_eintr: verdict.error = EINTR; break;
            case dice_accept: verdict.error = lost[small % (sizeof lost / sizeof *lost)]; break;
            case dice_pause: verdict.error = scarce[small % (sizeof scarce / sizeof *scarce)]; break;
            }
            dice_fired += kind != 0;
        }
    }
    pthread_mutex_unlock(&lock);
    if (delay) pause_for(delay);
    errno = saved;
    return verdict;
}

#define FAIL(verdict, fd) do { if ((verdict).error) { if ((verdict).rearm) rearm(fd); errno = (verdict).error; return -1; } } while (0)

static size_t at_most(size_t length, struct verdict verdict) { return length > verdict.most ? verdict.most : length; }

/* A copy of the vector, cut; only a verdict that shortens comes here. */
static int cut(const struct iovec *from, int count, struct iovec *to, int room, size_t most) {
    int n = 0;
    for (; n < count && n < room && most > 0; n++) {
        to[n] = from[n];
        if (to[n].iov_len > most) to[n].iov_len = most;
        most -= to[n].iov_len;
    }
    return n;
}

/* ---- the calls ---- */

static int accepted(int fd) {
    if (fd >= 0 && fd < DESCRIPTORS) {
        struct sockaddr_in6 peer;
        socklen_t length = sizeof peer;
        int saved = errno;
        peer_port[fd] = 0;
        if (REAL(getpeername)(fd, (struct sockaddr *)&peer, &length) == 0
            && (peer.sin6_family == AF_INET || peer.sin6_family == AF_INET6))
            peer_port[fd] = ntohs(peer.sin6_port);
        errno = saved;
    }
    return fd;
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
    struct verdict v = judge(call_accept4, fd);
    FAIL(v, fd);
    return accepted(REAL(accept4)(fd, address, length, flags));
}

int accept(int fd, struct sockaddr *address, socklen_t *length) {
    struct verdict v = judge(call_accept, fd);
    FAIL(v, fd);
    return accepted(REAL(accept)(fd, address, length));
}

#define TRANSFER(name, parameters, length, arguments) \
    ssize_t name parameters { \
        struct verdict v = judge(call_##name, fd); \
        FAIL(v, fd); \
        size_t whole = length; \
        length = at_most(length, v); \
        ssize_t result = REAL(name) arguments; \
        if (v.rearm && result > 0 && (size_t)result < whole) rearm(fd); \
        return result; \
    }

TRANSFER(recv, (int fd, void *buffer, size_t n, int flags), n, (fd, buffer, n, flags))
TRANSFER(recvfrom, (int fd, void *buffer, size_t n, int flags, struct sockaddr *a, socklen_t *l), n, (fd, buffer, n, flags, a, l))
TRANSFER(read, (int fd, void *buffer, size_t n), n, (fd, buffer, n))
TRANSFER(send, (int fd, const void *buffer, size_t n, int flags), n, (fd, buffer, n, flags))
TRANSFER(sendto, (int fd, const void *buffer, size_t n, int flags, const struct sockaddr *a, socklen_t l), n, (fd, buffer, n, flags, a, l))
TRANSFER(write, (int fd, const void *buffer, size_t n), n, (fd, buffer, n))

/* The socket decides whose fault it is; a short count leaves the rest to the next call. */
ssize_t sendfile(int fd, int in, off_t *offset, size_t n) {
    struct verdict v = judge(call_sendfile, fd);
    FAIL(v, fd);
    size_t whole = n;
    n = at_most(n, v);
    ssize_t result = REAL(sendfile)(fd, in, offset, n);
    if (v.rearm && result > 0 && (size_t)result < whole) rearm(fd);
    return result;
}

#define VECTOR(name) \
    ssize_t name(int fd, const struct iovec *vector, int count) { \
        struct verdict v = judge(call_##name, fd); \
        FAIL(v, fd); \
        if (v.most == (size_t)-1) return REAL(name)(fd, vector, count); \
        struct iovec shorter[64]; \
        ssize_t result = REAL(name)(fd, shorter, cut(vector, count, shorter, 64, v.most)); \
        if (result > 0) rearm(fd); \
        return result; \
    }

VECTOR(readv)
VECTOR(writev)

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    struct verdict v = judge(call_recvmsg, fd);
    FAIL(v, fd);
    if (v.most == (size_t)-1) return REAL(recvmsg)(fd, message, flags);
    struct iovec shorter[64];
    struct msghdr copy = *message;
    copy.msg_iov = shorter;
    copy.msg_iovlen = cut(message->msg_iov, (int)message->msg_iovlen, shorter, 64, v.most);
    ssize_t result = REAL(recvmsg)(fd, &copy, flags);
    if (result > 0) rearm(fd);
    return result;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    struct verdict v = judge(call_sendmsg, fd);
    FAIL(v, fd);
    if (v.most == (size_t)-1) return REAL(sendmsg)(fd, message, flags);
    struct iovec shorter[64];
    struct msghdr copy = *message;
    copy.msg_iov = shorter;
    copy.msg_iovlen = cut(message->msg_iov, (int)message->msg_iovlen, shorter, 64, v.most);
    ssize_t result = REAL(sendmsg)(fd, &copy, flags);
    if (result > 0) rearm(fd);
    return result;
}

int epoll_create1(int flags) {
    struct verdict v = judge(call_epoll_create1, -1);
    FAIL(v, -1);
    return REAL(epoll_create1)(flags);
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
    struct verdict v = judge(call_epoll_ctl, fd);
    FAIL(v, fd);
    int result = REAL(epoll_ctl)(epoll, operation, fd, event);
    if (result == 0 && fd >= 0 && fd < DESCRIPTORS) {
        if (operation == EPOLL_CTL_DEL) watched[fd].epoll = 0;
        else if (!(event->events & EPOLLEXCLUSIVE)) { watched[fd].event = *event; watched[fd].epoll = epoll + 1; }
    }
    return result;
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout) {
    struct verdict v = judge(call_epoll_wait, epoll);
    FAIL(v, -1);
    return REAL(epoll_wait)(epoll, events, most, timeout);
}

int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout, const sigset_t *mask) {
    struct verdict v = judge(call_epoll_pwait, epoll);
    FAIL(v, -1);
    return REAL(epoll_pwait)(epoll, events, most, timeout, mask);
}

int epoll_pwait2(int epoll, struct epoll_event *events, int most, const struct timespec *timeout, const sigset_t *mask) {
    struct verdict v = judge(call_epoll_pwait2, epoll);
    FAIL(v, -1);
    int (*real)(int, struct epoll_event *, int, const struct timespec *, const sigset_t *) = libc_symbol("epoll_pwait2");
    return real(epoll, events, most, timeout, mask);
}

int eventfd(unsigned count, int flags) {
    struct verdict v = judge(call_eventfd, -1);
    FAIL(v, -1);
    return REAL(eventfd)(count, flags);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
    struct verdict v = judge(call_setsockopt, fd);
    FAIL(v, fd);
    return REAL(setsockopt)(fd, level, name, value, length);
}

int shutdown(int fd, int how) {
    struct verdict v = judge(call_shutdown, fd);
    FAIL(v, fd);
    return REAL(shutdown)(fd, how);
}

static void forget_ring(int fd);

int close(int fd) {
    struct verdict v = judge(call_close, fd);
    if (fd >= 0 && fd < DESCRIPTORS) { peer_port[fd] = 0; watched[fd].epoll = 0; forget_ring(fd); }
    int result = REAL(close)(fd);
    if (v.error) { errno = v.error; return -1; }
    return result;
}

int poll(struct pollfd *set, nfds_t count, int timeout) {
    struct verdict v = judge(call_poll, -1);
    FAIL(v, -1);
    return REAL(poll)(set, count, timeout);
}

int ppoll(struct pollfd *set, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
    struct verdict v = judge(call_ppoll, -1);
    FAIL(v, -1);
    return REAL(ppoll)(set, count, timeout, mask);
}

int select(int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout) {
    struct verdict v = judge(call_select, -1);
    FAIL(v, -1);
    return REAL(select)(count, in, out, except, timeout);
}

int pselect(int count, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout, const sigset_t *mask) {
    struct verdict v = judge(call_pselect, -1);
    FAIL(v, -1);
    return REAL(pselect)(count, in, out, except, timeout, mask);
}

int fcntl(int fd, int command, ...) {
    va_list list;
    va_start(list, command);
    long argument = va_arg(list, long);
    va_end(list);
    struct verdict v = judge(call_fcntl, fd);
    FAIL(v, fd);
    return REAL(fcntl)(fd, command, argument);
}

int signalfd(int fd, const sigset_t *mask, int flags) {
    struct verdict v = judge(call_signalfd, -1);
    FAIL(v, -1);
    return REAL(signalfd)(fd, mask, flags);
}

int sigtimedwait(const sigset_t *mask, siginfo_t *info, const struct timespec *timeout) {
    struct verdict v = judge(call_sigtimedwait, -1);
    FAIL(v, -1);
    return REAL(sigtimedwait)(mask, info, timeout);
}

int socket(int domain, int type, int protocol) {
    struct verdict v = judge(call_socket, -1);
    FAIL(v, -1);
    return REAL(socket)(domain, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
    struct verdict v = judge(call_bind, fd);
    FAIL(v, fd);
    return REAL(bind)(fd, address, length);
}

int listen(int fd, int backlog) {
    struct verdict v = judge(call_listen, fd);
    FAIL(v, fd);
    return REAL(listen)(fd, backlog);
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
    struct verdict v = judge(call_connect, fd);
    FAIL(v, fd);
    return REAL(connect)(fd, address, length);
}

/* ---- io_uring ---- */

#define NOP_INJECT_RESULT 1     /* IORING_NOP_INJECT_RESULT, newer than the headers */

static struct { _Atomic(char *) ring; struct io_uring_sqe *sqes; struct io_sqring_offsets offsets; } uring[DESCRIPTORS];

static void forget_ring(int fd) { uring[fd].ring = 0; uring[fd].sqes = 0; }

static void meet(struct io_uring_sqe *sqe) {
    enum call call = sqe->opcode == IORING_OP_RECV ? call_recv
        : sqe->opcode == IORING_OP_SEND || sqe->opcode == IORING_OP_SEND_ZC ? call_send : call_sendmsg;
    struct verdict v = judge(call, sqe->fd);
    if (v.error) {
        unsigned long long user_data = sqe->user_data;
        memset(sqe, 0, sizeof *sqe);
        sqe->opcode = IORING_OP_NOP;
        sqe->fd = -1;
        sqe->rw_flags = NOP_INJECT_RESULT;
        sqe->len = (unsigned)-v.error;
        sqe->user_data = user_data;
    } else if (v.most != (size_t)-1 && call == call_sendmsg) {
        /* The transport writes the pieces anew for each send. */
        struct msghdr *message = (struct msghdr *)(uintptr_t)sqe->addr;
        message->msg_iovlen = 1;
        message->msg_iov[0].iov_len = at_most(message->msg_iov[0].iov_len, v);
    } else if (v.most != (size_t)-1 && (sqe->len == 0 || sqe->len > v.most) && !(sqe->opcode == IORING_OP_RECV && (sqe->ioprio & IORING_RECV_MULTISHOT))) {
        /* A length ends a multishot receive, and older kernels refuse it. */
        sqe->len = v.most;
    }
}

static void look_at_submissions(int fd, unsigned count) {
    char *ring = fd >= 0 && fd < DESCRIPTORS ? uring[fd].ring : 0;
    if (!ring || !uring[fd].sqes) return;
    unsigned head = *(volatile unsigned *)(ring + uring[fd].offsets.head), mask = *(unsigned *)(ring + uring[fd].offsets.ring_mask);
    for (unsigned i = 0; i < count; i++) {
        struct io_uring_sqe *sqe = &uring[fd].sqes[(head + i) & mask];
        switch (sqe->opcode) {
            case IORING_OP_RECV: case IORING_OP_SEND: case IORING_OP_SENDMSG: case IORING_OP_SEND_ZC: case IORING_OP_SENDMSG_ZC: meet(sqe);
        }
    }
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    void *mapped = REAL(mmap)(address, length, protection, flags, fd, offset);
    if (mapped != MAP_FAILED && (flags & MAP_SHARED) && fd >= 0 && fd < DESCRIPTORS) {
        if (offset == IORING_OFF_SQES) uring[fd].sqes = mapped;
        else uring[fd].ring = mapped;
    }
    return mapped;
}

long syscall(long number, ...) {
    va_list list;
    long a[6];
    va_start(list, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_io_uring_setup) {
        struct verdict v = judge(call_io_uring_setup, -1);
        FAIL(v, -1);
        long fd = REAL(syscall)(number, a[0], a[1]);
        if (fd >= 0 && fd < DESCRIPTORS) {
            uring[fd].ring = 0;
            uring[fd].sqes = 0;
            uring[fd].offsets = ((struct io_uring_params *)a[1])->sq_off;
        }
        return fd;
    }
    if (number == SYS_io_uring_enter) {
        struct verdict v = judge(call_io_uring_enter, -1);
        FAIL(v, -1);
        look_at_submissions((int)a[0], (unsigned)a[1]);
    } else if (number == SYS_io_uring_register) {
        struct verdict v = judge(call_io_uring_register, -1);
        FAIL(v, -1);
    }
    return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
