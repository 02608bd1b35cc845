#include "collector/data_watch.h"

#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#define LOOK_MS 10000U

/* An error other than that the path does not exist says nothing: the disk may recover. */
static bool is_gone(const struct data_watch *watch, const uv_fs_t *look)
{
    if (look->result < 0)
        return look->result == UV_ENOENT || look->result == UV_ENOTDIR;
    return look->statbuf.st_ino != watch->inode || look->statbuf.st_dev != watch->device;
}

static void data_watch_on_stat(uv_fs_t *look)
{
    struct data_watch *watch = look->data;
    bool gone = !watch->gone && look->result != UV_ECANCELED && is_gone(watch, look);

    watch->looking = false;
    uv_fs_req_cleanup(look);
    if (!gone || uv_is_closing((uv_handle_t *)&watch->timer))
        return;
    watch->gone = true;
    log_error(
        "--data: %s was removed or replaced while it was in use; ending, so that a new start opens what is there. "
        "Agents retain their samples",
        watch->path);
    watch->cb(false, watch->arg);
}

static void data_watch_on_taken(const struct lock_record *other, void *arg)
{
    struct data_watch *watch = arg;

    log_error(
        "--data: %s was taken by the collector on host %s (process %" PRIu64
        "), since this one did not renew its lock in time; ending without writing to it. Agents retain their samples",
        watch->path, other->host, other->process);
    watch->cb(true, watch->arg);
}

void data_watch_look(struct data_watch *watch)
{
    lock_renewal_now(&watch->renewal);
    if (watch->looking || watch->gone || uv_is_closing((uv_handle_t *)&watch->timer))
        return;
    watch->look.data = watch;
    watch->looking = uv_fs_stat(watch->timer.loop, &watch->look, watch->path, data_watch_on_stat) == 0;
}

static void data_watch_on_timer(uv_timer_t *timer)
{
    data_watch_look(timer->data);
}

int data_watch_start(struct data_watch *watch, uv_loop_t *loop, struct data_dir *data, data_watch_cb *cb, void *arg)
{
    struct stat status;

    *watch = (struct data_watch){.path = data->path, .cb = cb, .arg = arg};
    uv_timer_init(loop, &watch->timer);
    watch->timer.data = watch;
    if (fstat(data->fd, &status) < 0)
        return -errno;
    watch->device = status.st_dev;
    watch->inode = status.st_ino;
    lock_renewal_start(&watch->renewal, loop, &data->lock, data_watch_on_taken, watch);
    return uv_timer_start(&watch->timer, data_watch_on_timer, LOOK_MS, LOOK_MS);
}

void data_watch_close(struct data_watch *watch)
{
    if (watch->looking)
        (void)uv_cancel((uv_req_t *)&watch->look);
    lock_renewal_close(&watch->renewal);
    handle_close(&watch->timer, NULL);
}
