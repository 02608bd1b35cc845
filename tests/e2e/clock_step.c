/* A wall clock that a test can set, for the real agent and the real collector: clock_gettime() is wrapped by the linker
 * (--wrap). The file HEADROOM_CLOCK_STEP holds, as a native 64-bit integer, by how many milliseconds CLOCK_REALTIME is
 * off; without it no clock is. The other clocks never are, as on a machine whose time is set. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

static int64_t step_ms(void)
{
    static int fd = -1;
    const char *path = getenv("HEADROOM_CLOCK_STEP");
    int64_t step = 0;

    if (path == NULL)
        return 0;
    if (fd < 0)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    if (pread(fd, &step, sizeof step, 0) != (ssize_t)sizeof step)
        abort();
    return step;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int error = errno;
    int rc = __real_clock_gettime(clock, now);

    if (rc == 0 && clock == CLOCK_REALTIME) {
        now->tv_sec += (time_t)(step_ms() / 1000); /* tests step by whole seconds */
        errno = error;
    }
    return rc;
}
