#include "collector/forward_watch.h"

#include "common/file.h"
#include "common/log.h"
#include "common/parse.h"
#include "common/regular_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- on a worker ---- */

/* Whether there is a state in the open directory, into *state. */
static bool read_state(int dir_fd, const char *name, struct forwarder_state *state)
{
    char file_name[NAME_MAX + 1];
    char text[FORWARDERS_FILE_MAX];
    size_t len = 0;

    snprintf(file_name, sizeof file_name, "forward-%.128s.state", name);
    int fd = regular_file_open(dir_fd, file_name, O_RDONLY, 0);
    if (fd < 0)
        return false;
    int rc = file_read_all(fd, text, sizeof text, &len);
    close(fd);
    return rc == 0 && forwarders_parse(text, len, state) == 0 && strcmp(state->name, name) == 0;
}

static void look_into(struct forward_watch *watch, int dir_fd, const char *name)
{
    if (!parse_name_ok(name, strlen(name)))
        return;
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    watch->found_count += read_state(fd, name, &watch->found[watch->found_count]);
    close(fd);
}

static void forward_watch_look(void *arg)
{
    struct forward_watch *watch = arg;
    const struct dirent *entry = NULL;
    DIR *dir = opendir(watch->path);

    watch->found_count = 0;
    if (dir == NULL)
        return;
    while (watch->found_count < FORWARDERS_MAX && (entry = readdir(dir)) != NULL)
        look_into(watch, dirfd(dir), entry->d_name);
    closedir(dir);
}

/* ---- on the loop ---- */

static bool forward_watch_begin(void *arg)
{
    struct forward_watch *watch = arg;

    memcpy(watch->path, watch->config->forward_dir, sizeof watch->path);
    return watch->path[0] != '\0';
}

static void forward_watch_done(void *arg, bool valid)
{
    struct forward_watch *watch = arg;

    if (valid)
        forwarders_take(&watch->forwarders, watch->found, watch->found_count, watch->config,
                        (int64_t)uv_now(watch->loop), log_line);
}

void forward_watch_start(struct forward_watch *watch, uv_loop_t *loop, const struct collector_config *config)
{
    static const struct recheck_calls calls = {forward_watch_begin, forward_watch_look, forward_watch_done};

    *watch = (struct forward_watch){.loop = loop, .config = config};
    recheck_start(&watch->recheck, loop, &calls, watch);
    recheck_now(&watch->recheck);
}

void forward_watch_close(struct forward_watch *watch)
{
    recheck_close(&watch->recheck);
}
