#include "agent/probe.h"

#include "agent/config.h"
#include "agent/node_source.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX  (1U << 20) /* bytes of one file: /proc/stat of 8192 cores, diskstats of all DISKS_MAX */
#define HEAD_LEN  4096U      /* bytes that hold what we want of the files that are no lists */
#define SHORT_LEN 2048U      /* a read of a list that is shorter had room for another line: it has ended */

struct probe {
    const char *root;
    struct measure measure;
    struct node_source source;
    char text[TEXT_MAX]; /* of the file being read; pages never reached cost nothing */
};

/* ---- files that stay open ---- */

static void probe_on_close(struct node_file *file, void *arg)
{
    (void)arg;
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

static void file_fail(struct node_file *file)
{
    probe_on_close(file, NULL);
    retry_on_failure(&file->retry);
}

/* Returns whether the path fits. */
static bool under_root(const struct probe *probe, const char *name, char path[PATH_MAX])
{
    int len = snprintf(path, PATH_MAX, "%s%s", probe->root, name);

    return len > 0 && len < PATH_MAX;
}

static int open_under_root(const struct probe *probe, const char *name)
{
    char path[PATH_MAX];

    return under_root(probe, name, path) ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
}

static bool file_open(const struct probe *probe, struct node_file *file)
{
    if (!retry_tick(&file->retry))
        return false;
    file->fd = open_under_root(probe, file->path);
    if (file->fd < 0)
        file_fail(file);
    return file->fd >= 0;
}

/* A list of devices comes a page at a time, as many lines as fit into it whole: it is read until a read is short. */
static struct node_text probe_on_read(struct node_file *file, bool whole, void *arg)
{
    struct probe *probe = arg;
    size_t max = whole ? TEXT_MAX : HEAD_LEN;
    size_t len = 0;
    ssize_t got;

    if (file->fd < 0 && !file_open(probe, file))
        return (struct node_text){"", 0};
    do {
        got = TEMP_FAILURE_RETRY(pread(file->fd, probe->text + len, max - len, (off_t)len));
        if (got > 0)
            len += (size_t)got;
    } while (whole && got > (ssize_t)SHORT_LEN && len < max);
    if (got < 0) {
        file_fail(file);
        return (struct node_text){"", 0};
    }
    retry_on_success(&file->retry);
    return (struct node_text){probe->text, len};
}

/* ---- /sys ---- */

static bool probe_on_exists(const char *name, void *arg)
{
    char path[PATH_MAX];

    return under_root(arg, name, path) && access(path, F_OK) == 0;
}

static bool probe_on_is_set(const char *name, void *arg)
{
    char digit = '0';
    int fd = open_under_root(arg, name);

    if (fd < 0)
        return false;
    bool set = read(fd, &digit, 1) == 1 && digit == '1';
    close(fd);
    return set;
}

/* ---- life ---- */

void probe_read(struct probe *probe, uint64_t uptime_ms, struct sample *sample)
{
    measure_read(&probe->measure, &probe->source, uptime_ms, sample);
}

struct node_facts probe_facts(const struct probe *probe)
{
    return measure_facts(&probe->measure);
}

static int init(struct probe *probe, const struct agent_config *config, uint64_t uptime_ms)
{
    struct sample first;

    probe->root = config->root;
    probe->source = (struct node_source){.read = probe_on_read,
                                         .close = probe_on_close,
                                         .exists = probe_on_exists,
                                         .is_set = probe_on_is_set,
                                         .arg = probe};
    int rc = measure_init(&probe->measure, config);
    if (rc < 0)
        return rc;
    probe_read(probe, uptime_ms, &first);
    return measure_possible(&probe->measure) ? 0 : -ENOENT;
}

int probe_new(const struct agent_config *config, uint64_t uptime_ms, struct probe **probe)
{
    struct probe *new = calloc(1, sizeof *new);
    int rc = new == NULL ? -ENOMEM : init(new, config, uptime_ms);

    if (rc < 0) {
        log_error("can't read cpu or memory under %s/proc: %s; is --root right, and /proc mounted there?", config->root,
                  strerror(-rc));
        probe_free(new);
        return rc;
    }
    *probe = new;
    return 0;
}

void probe_free(struct probe *probe)
{
    if (probe == NULL)
        return;
    measure_deinit(&probe->measure, &probe->source);
    free(probe);
}
