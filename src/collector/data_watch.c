#include "collector/data_watch.h"

#include "common/handle.h"

#include <errno.h>
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
    watch->cb(watch->arg);
}

void data_watch_look(struct data_watch *watch)
{
    if (watch->looking || watch->gone || uv_is_closing((uv_handle_t *)&watch->timer))
        return;
    watch->look.data = watch;
    watch->looking = uv_fs_stat(watch->timer.loop, &watch->look, watch->path, data_watch_on_stat) == 0;
}

static void data_watch_on_timer(uv_timer_t *timer)
{
    data_watch_look(timer->data);
}

int data_watch_start(struct data_watch *watch, uv_loop_t *loop, int dir_fd, const char *path, data_watch_cb *cb,
                     void *arg)
{
    struct stat status;

    *watch = (struct data_watch){.path = path, .cb = cb, .arg = arg};
    uv_timer_init(loop, &watch->timer);
    watch->timer.data = watch;
    if (fstat(dir_fd, &status) < 0)
        return -errno;
    watch->device = status.st_dev;
    watch->inode = status.st_ino;
    return uv_timer_start(&watch->timer, data_watch_on_timer, LOOK_MS, LOOK_MS);
}

void data_watch_close(struct data_watch *watch)
{
    if (watch->looking)
        (void)uv_cancel((uv_req_t *)&watch->look);
    handle_close(&watch->timer, NULL);
}
