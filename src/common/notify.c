#include "common/notify.h"

#include "common/handle.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define STATE_MAX 1024

/* path: of a socket, or '@' and a name in the abstract namespace. */
static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);

    if (len < 2 || len >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return -1;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* 0: the service manager requests no pings from this process. */
static uint64_t watchdog_interval_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");

    if (usec == NULL || (pid != NULL && strtoll(pid, NULL, 10) != (long long)getpid()))
        return 0;
    return strtoull(usec, NULL, 10) / 1000 / 2;
}

static void notify_on_watchdog(uv_timer_t *timer)
{
    notify_send(timer->data, "WATCHDOG=1");
}

void notify_open(struct notify *notify)
{
    const char *path = getenv("NOTIFY_SOCKET");

    notify->fd = path != NULL ? open_socket(path) : 0;
}

void notify_start(struct notify *notify, uv_loop_t *loop)
{
    uint64_t interval_ms = watchdog_interval_ms();

    notify_open(notify);
    uv_timer_init(loop, &notify->watchdog);
    notify->watchdog.data = notify;
    if (notify->fd > 0 && interval_ms > 0)
        uv_timer_start(&notify->watchdog, notify_on_watchdog, 0, interval_ms);
}

void notify_close(struct notify *notify)
{
    handle_close(&notify->watchdog, NULL);
    if (notify->fd > 0)
        close(notify->fd);
    notify->fd = 0;
}

void notify_send(const struct notify *notify, const char *format, ...)
{
    char state[STATE_MAX];
    va_list arguments;

    if (notify->fd <= 0)
        return;
    va_start(arguments, format);
    int len = vsnprintf(state, sizeof state, format, arguments);
    va_end(arguments);
    if (len > 0 && (size_t)len < sizeof state)
        (void)send(notify->fd, state, (size_t)len, MSG_NOSIGNAL);
}
