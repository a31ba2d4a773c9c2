/*
 * Stands between FileAio and libc in the test host: what a test has scripted goes wrong, everything else goes through.
 * Only the calls that are defined here are met; dlsym finds the others in libc behind this library.
 */
#define _GNU_SOURCE
#include <aio.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { io_setup_fails, io_submit_fails, io_submit_short, event_result, event_short, open_direct_fails, preadv2_fails, pread_fails, openat2_fails, pread_late, events_late,
       openat_fails, statx_fails, root_open_fails, io_submit_late, statx_late, open_cold, open_late, aio_read_fails, lio_listio_fails,
       uring_setup_fails, uring_enter_fails, uring_enter_late, uring_read_result, uring_open_result, uring_stat_result, uring_read_short, uring_open_held, kinds };

static struct { _Atomic long skip, count, value, fired; } script[kinds];

void aio_fault_set(int kind, long skip, long count, long value) {
    script[kind].skip = skip; script[kind].value = value; script[kind].fired = 0; script[kind].count = count;
}

long aio_fault_fired(int kind) { return script[kind].fired; }

static int strikes(int kind) {
    if (script[kind].count == 0) return 0;
    if (script[kind].skip > 0 && script[kind].skip-- > 0) return 0;
    if (script[kind].count > 0) script[kind].count--;
    script[kind].fired++;
    return 1;
}

static void late(int kind) {
    if (script[kind].value >= 0) usleep((useconds_t)script[kind].value * 1000);
    else while (script[kind].count != 0) usleep(1000);
}

static long fail(int kind) { errno = (int)script[kind].value; return -1; }

/* The rings that were made, by descriptor: a completion is in shared memory, so what goes wrong is written into the operation instead. */
enum { rings = 4096, nop_inject_result = 1 };
static struct { struct io_uring_params params; char *queues; struct io_uring_sqe *sqes; unsigned seen; } ring[rings];
static _Atomic long opens_submitted;

long aio_fault_uring_opens(void) { return opens_submitted; }

static void complete_with(struct io_uring_sqe *sqe, int kind) {
    unsigned char flags = sqe->flags;
    unsigned long long id = sqe->user_data;
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = IORING_OP_NOP; sqe->flags = flags; sqe->user_data = id; sqe->fd = -1;
    sqe->rw_flags = nop_inject_result; sqe->len = (unsigned)(int)script[kind].value;
}

static void meet(struct io_uring_sqe *sqe) {
    switch (sqe->opcode) {
    case IORING_OP_READ:
        if (strikes(uring_read_result)) complete_with(sqe, uring_read_result);
        else if ((long)sqe->len > script[uring_read_short].value && strikes(uring_read_short)) sqe->len = (unsigned)script[uring_read_short].value;
        break;
    case IORING_OP_OPENAT2:
        opens_submitted++;
        if (strikes(uring_open_result)) complete_with(sqe, uring_open_result);
        else if (strstr((const char *)(unsigned long)sqe->addr, "held") && strikes(uring_open_held)) {
            unsigned long long id = sqe->user_data;
            memset(sqe, 0, sizeof *sqe);
            sqe->opcode = IORING_OP_POLL_ADD; sqe->user_data = id; sqe->fd = eventfd(0, EFD_CLOEXEC); sqe->poll32_events = 1;
        }
        break;
    case IORING_OP_STATX:
        if (strikes(uring_stat_result)) complete_with(sqe, uring_stat_result);
        break;
    }
}

static void meet_all(int descriptor) {
    if (descriptor < 0 || descriptor >= rings || !ring[descriptor].queues || !ring[descriptor].sqes) return;
    struct io_sqring_offsets *at = &ring[descriptor].params.sq_off;
    char *queues = ring[descriptor].queues;
    unsigned mask = *(unsigned *)(queues + at->ring_mask), tail = *(unsigned *)(queues + at->tail);
    for (; ring[descriptor].seen != tail; ring[descriptor].seen++) meet(&ring[descriptor].sqes[ring[descriptor].seen & mask]);
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
    static void *(*next)(void *, size_t, int, int, int, off_t);
    if (!next) next = dlsym(RTLD_NEXT, "mmap");
    void *mapped = next(address, length, protection, flags, descriptor, offset);
    if (mapped != MAP_FAILED && descriptor >= 0 && descriptor < rings && ring[descriptor].params.sq_entries) {
        if (offset == IORING_OFF_SQ_RING) ring[descriptor].queues = mapped;
        else if (offset == IORING_OFF_SQES) ring[descriptor].sqes = mapped;
    }
    return mapped;
}

long syscall(long number, ...) {
    static long (*next)(long, ...);
    if (!next) next = dlsym(RTLD_NEXT, "syscall");
    va_list list;
    va_start(list, number);
    long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long), d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
    va_end(list);
    if (number == SYS_io_uring_setup && strikes(uring_setup_fails)) return fail(uring_setup_fails);
    if (number == SYS_io_uring_enter) {
        if (c == 0 && strikes(uring_enter_late)) late(uring_enter_late);
        if (b > 0 && strikes(uring_enter_fails)) return fail(uring_enter_fails);
        meet_all((int)a);
    }
    if (number == SYS_io_setup && strikes(io_setup_fails)) return fail(io_setup_fails);
    if (number == SYS_openat2 && (int)a == AT_FDCWD && strikes(root_open_fails)) return fail(root_open_fails);
    if (number == SYS_openat2 && (int)a != AT_FDCWD && strikes(openat2_fails)) return fail(openat2_fails);
    if (number == SYS_openat2 && (int)a != AT_FDCWD) {
        int cached = (((struct open_how *)c)->resolve & RESOLVE_CACHED) != 0;
        if (cached && strcmp((const char *)b, ".") && strikes(open_cold)) { errno = EAGAIN; return -1; }
        if (!cached && strstr((const char *)b, "held") && strikes(open_late)) late(open_late);
    }
    if (number == SYS_statx) {
        if (strikes(statx_late)) late(statx_late);
        if (strikes(statx_fails)) return fail(statx_fails);
    }
    if (number == SYS_preadv2 && strikes(preadv2_fails)) return fail(preadv2_fails);
    if (number == SYS_io_submit) {
        if (strikes(io_submit_late)) late(io_submit_late);
        if (strikes(io_submit_fails)) return fail(io_submit_fails);
        if (b > 1 && strikes(io_submit_short)) b = 1;
    }
    long result = next(number, a, b, c, d, e, f);
    if (number == SYS_io_uring_setup && result >= 0 && result < rings) {
        memset(&ring[result], 0, sizeof ring[result]);
        ring[result].params = *(struct io_uring_params *)b;
    }
    if (number == SYS_io_getevents && result > 0) {
        if (strikes(events_late)) late(events_late);
        struct io_event *events = (struct io_event *)d;
        for (long i = 0; i < result; i++) {
            if (strikes(event_result)) events[i].res = script[event_result].value;
            else if ((long)events[i].res > script[event_short].value && strikes(event_short)) events[i].res = script[event_short].value;
        }
    }
    return result;
}

int openat(int directory, const char *path, int flags, ...) {
    static int (*next)(int, const char *, int, ...);
    if (!next) next = dlsym(RTLD_NEXT, "openat");
    if ((flags & O_DIRECT) && strikes(open_direct_fails)) return (int)fail(open_direct_fails);
    if (!(flags & (O_DIRECT | O_PATH)) && directory != AT_FDCWD && strikes(openat_fails)) return (int)fail(openat_fails);
    if (directory == AT_FDCWD && (flags & O_PATH) && strikes(root_open_fails)) return (int)fail(root_open_fails);
    return next(directory, path, flags, 0);
}

ssize_t pread(int descriptor, void *buffer, size_t count, off_t offset) {
    static ssize_t (*next)(int, void *, size_t, off_t);
    if (!next) next = dlsym(RTLD_NEXT, "pread");
    if (strikes(pread_late)) late(pread_late);
    return strikes(pread_fails) ? fail(pread_fails) : next(descriptor, buffer, count, offset);
}

int aio_read(struct aiocb *block) {
    static int (*next)(struct aiocb *);
    if (!next) next = dlsym(RTLD_NEXT, "aio_read");
    return strikes(aio_read_fails) ? (int)fail(aio_read_fails) : next(block);
}

/* As glibc has it where there is no memory for a request: the block stays as the caller made it. */
int lio_listio(int mode, struct aiocb *const *list, int count, struct sigevent *event) {
    static int (*next)(int, struct aiocb *const *, int, struct sigevent *);
    if (!next) next = dlsym(RTLD_NEXT, "lio_listio");
    return strikes(lio_listio_fails) ? (int)fail(lio_listio_fails) : next(mode, list, count, event);
}
