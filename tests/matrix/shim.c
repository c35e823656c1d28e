/* Loaded before libc into one process: a full disk, a sync that fails or is slow, a clock that was set, and a place
 * where the process waits until it is told to go on. What happens is in a file that the process and the tests share
 * (layout: tests/matrix/shim.py). CLOCK_BOOTTIME and CLOCK_MONOTONIC are never touched: nobody can set them. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { NOTHING, CLOCK, MONOTONIC, WRITE, SYNC, SYNCED };

struct shared {
    int64_t clock_ns;    /* added to CLOCK_REALTIME */
    int64_t room;        /* bytes by which files may still grow; below 0: no limit */
    int64_t sync_errors; /* so many syncs fail from now on */
    int64_t sync_us;     /* how long a sync takes more */
    int64_t waits_at[4]; /* events that have to come one after the other; at the last one the process waits */
    int64_t at;          /* how many of them have come */
    int64_t waiting;
    int64_t go_on;
    int64_t refused;     /* writes that found no room */
    int64_t failed;      /* syncs that failed */
    int64_t asked;       /* times that a clock was read while it was set wrongly */
};

static struct shared *shared;

#define LOAD(field) __atomic_load_n(&shared->field, __ATOMIC_SEQ_CST)
#define STORE(field, value) __atomic_store_n(&shared->field, value, __ATOMIC_SEQ_CST)
#define ADD(field, value) __atomic_fetch_add(&shared->field, value, __ATOMIC_SEQ_CST)
#define REAL(name) ({ static __typeof__(name) *real_; if (!real_) real_ = dlsym(RTLD_NEXT, #name); real_; })

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SHIM_FILE");
    int handle = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (handle < 0)
        return;
    void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    close(handle);
    if (mapped != MAP_FAILED)
        shared = mapped;
}

static void event(int64_t what)
{
    if (!shared)
        return;
    int64_t at = LOAD(at);
    if (at >= 4 || LOAD(waits_at[at]) != what)
        return;
    if (!__atomic_compare_exchange_n(&shared->at, &at, at + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return;
    if (at + 1 < 4 && LOAD(waits_at[at + 1]) != NOTHING)
        return;
    STORE(waiting, 1);
    for (int turn = 0; turn < 50000 && !LOAD(go_on); turn++)
        usleep(100);
    STORE(waiting, 0);
}

/* Say how many of the bytes find room; -1 where none does. Only what makes a file longer needs room. */
static ssize_t room_for(int fd, off_t from, size_t count)
{
    struct stat found;
    if (!shared || LOAD(room) < 0 || fstat(fd, &found) || !S_ISREG(found.st_mode))
        return count;
    off_t more = from + (off_t)count - found.st_size;
    if (more <= 0)
        return count;
    if (more > (off_t)count)
        more = count;
    int64_t room = LOAD(room);
    if (room >= more) {
        ADD(room, -more);
        return count;
    }
    STORE(room, 0);
    ssize_t fits = (ssize_t)count - (ssize_t)(more - room);
    if (fits > 0)
        return fits;
    ADD(refused, 1);
    errno = ENOSPC;
    return -1;
}

static int is_file(int fd)
{
    struct stat found;
    return fd > 2 && !fstat(fd, &found) && S_ISREG(found.st_mode);
}

ssize_t write(int fd, const void *data, size_t count)
{
    if (shared && is_file(fd))
        event(WRITE);
    if (shared && LOAD(room) >= 0) {
        struct stat found;
        off_t from = fcntl(fd, F_GETFL) & O_APPEND && !fstat(fd, &found) ? found.st_size : lseek(fd, 0, SEEK_CUR);
        ssize_t fits = from < 0 ? (ssize_t)count : room_for(fd, from, count);
        if (fits < 0)
            return -1;
        count = fits;
    }
    return REAL(write)(fd, data, count);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t from)
{
    if (shared && is_file(fd))
        event(WRITE);
    ssize_t fits = room_for(fd, from, count);
    return fits < 0 ? -1 : REAL(pwrite)(fd, data, fits, from);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t from)
{
    return pwrite(fd, data, count, from);
}

int posix_fallocate(int fd, off_t from, off_t size)
{
    if (shared && room_for(fd, from, size) < size)
        return ENOSPC;
    return REAL(posix_fallocate)(fd, from, size);
}

int posix_fallocate64(int fd, off64_t from, off64_t size)
{
    return posix_fallocate(fd, from, size);
}

static int sync_with(int (*real)(int), int fd)
{
    if (!shared)
        return real(fd);
    event(SYNC);
    if (LOAD(sync_us) > 0)
        usleep(LOAD(sync_us));
    if (LOAD(sync_errors) > 0) {
        ADD(sync_errors, -1);
        ADD(failed, 1);
        errno = EIO;
        return -1;
    }
    int answer = real(fd);
    event(SYNCED);
    return answer;
}

int fsync(int fd)
{
    return sync_with(REAL(fsync), fd);
}

int fdatasync(int fd)
{
    return sync_with(REAL(fdatasync), fd);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int answer = REAL(clock_gettime)(clock, now);
    if (!shared || answer)
        return answer;
    if (clock == CLOCK_MONOTONIC)
        event(MONOTONIC);
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
        return answer;
    event(CLOCK);
    int64_t moved = LOAD(clock_ns);
    if (moved) {
        int64_t at = (int64_t)now->tv_sec * 1000000000 + now->tv_nsec + moved;
        now->tv_sec = at / 1000000000;
        now->tv_nsec = at % 1000000000;
        ADD(asked, 1);
    }
    return answer;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec read;
    if (clock_gettime(CLOCK_REALTIME, &read))
        return -1;
    now->tv_sec = read.tv_sec;
    now->tv_usec = read.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where)
{
    struct timespec read;
    if (clock_gettime(CLOCK_REALTIME, &read))
        return -1;
    if (where)
        *where = read.tv_sec;
    return read.tv_sec;
}
