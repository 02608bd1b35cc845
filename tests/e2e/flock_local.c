/* A file system that does not pass locks between machines, for the real collector: flock() is wrapped by the linker
 * (--wrap). With HEADROOM_FLOCK_LOCAL in the environment, a collector sees no lock of another. */
#include <stdlib.h>
#include <sys/file.h>

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

int __wrap_flock(int fd, int operation)
{
    return getenv("HEADROOM_FLOCK_LOCAL") != NULL ? 0 : __real_flock(fd, operation);
}
