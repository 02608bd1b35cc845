#include "collector/data_dir.h"

#include "collector/store/disk_plain.h"
#include "collector/store/recovery_text.h"
#include "common/disk_posix.h"
#include "common/log.h"
#include "common/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- opening ---- */

/* Against collectors on other machines, too. */
static int lock_dir(struct data_dir *data)
{
    char error[512];

    int rc = dir_lock_take(&data->lock, data->fd, log_line, error, sizeof error);
    if (rc < 0)
        log_error("--data: %s: %s", data->path, error);
    else
        data->state_disk = dir_lock_guarded_disk(&data->lock);
    return rc;
}

/* Makes the folder if need be, and locks it against other collectors. */
static int open_dir(struct data_dir *data, const char *path)
{
    if (mkdir(path, 0750) < 0 && errno != EEXIST) {
        int rc = -errno;
        log_error("--data: can't create %s: %s; its parent must exist and be writable", path, strerror(-rc));
        return rc;
    }
    data->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (data->fd < 0) {
        int rc = -errno;
        log_error("--data: can't open %s: %s", path, strerror(-rc));
        return rc;
    }
    if (flock(data->fd, LOCK_EX | LOCK_NB) < 0) {
        int rc = -errno;
        log_error("--data: %s is in use by another collector; give each its own", path);
        return rc;
    }
    return lock_dir(data);
}

/* The rest of the name, if it begins with the word; or NULL. */
static const char *rest_of(const char *name, const char *word)
{
    size_t len = strlen(word);

    return strncmp(name, word, len) == 0 ? name + len : NULL;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool is_written(const char *name)
{
    static const char *const others[] = {"metrics.index",  "metrics.index.new",
                                         "scaler.state",   "scaler.state.tmp",
                                         "overrides",      "overrides.tmp",
                                         "alerts",         "alerts.tmp",
                                         LOCK_RECORD_FILE, NULL};
    static const char *const ends[] = {".csv", ".csv.new", ".synced", NULL};
    bool found = is_one_of(name, others);

    for (unsigned i = 0; i < DATA_FILES_COUNT; i++) {
        const char *end = rest_of(name, data_files_names[i]);
        found = found || (end != NULL && is_one_of(end, ends));
    }
    return found;
}

/* A finished file, compressed or not, which may have a second name in a backup. */
static bool is_segment(const char *name)
{
    static const char *const ends[] = {".csv", ".csv" DISK_PLAIN_SUFFIX, NULL};
    bool found = false;

    for (unsigned i = 0; i < DATA_FILES_COUNT; i++) {
        const char *end = rest_of(name, data_files_names[i]);
        found = found || (end != NULL && end[0] == '-' && is_one_of(end + 1 + strspn(end + 1, "0123456789"), ends));
    }
    return found;
}

struct kinds {
    int dir_fd;
    const char *path;
    bool named; /* the error was logged */
};

static int data_dir_on_name(const char *name, void *arg)
{
    struct kinds *kinds = arg;
    bool written = is_written(name);
    int rc = written || is_segment(name) ? regular_file_check(kinds->dir_fd, name, written) : 0;

    if (rc < 0)
        log_error("--data: can't use %s/%s: %s; replace it with a file of its own, or remove it", kinds->path, name,
                  regular_file_error(rc));
    kinds->named = rc < 0;
    return rc;
}

/* Each of them is checked again when it is opened; here an error can name it. */
static int check_kinds(const struct disk *disk, const char *path)
{
    struct kinds kinds = {.dir_fd = disk->dir_fd, .path = path};
    int rc = disk_list(disk, data_dir_on_name, &kinds);

    if (rc < 0 && !kinds.named)
        log_error("--data: can't list the files in %s: %s", path, strerror(-rc));
    return rc;
}

static void log_cuts(const uint64_t cut[DATA_FILES_COUNT])
{
    for (unsigned i = 0; i < DATA_FILES_COUNT; i++)
        if (cut[i] > 0)
            log_warning("%s.csv ended in %" PRIu64 " bytes of incomplete or invalid rows; they were moved to %s.cut-*",
                        data_files_names[i], cut[i], data_files_names[i]);
}

static void log_unready(struct data_files *files)
{
    for (unsigned i = 0; i < DATA_FILES_COUNT; i++) {
        int rc = segments_unready(data_files_segments(files, i));
        if (rc < 0)
            log_warning("%s.csv can't be written yet: %s; nothing is lost, and it is tried again with each write",
                        data_files_names[i], strerror(-rc));
    }
}

int data_dir_open(struct data_dir *data, const struct collector_config *config)
{
    const struct segments_limits limits = data_files_limits(config);
    enum data_files_name failed = DATA_FILES_METRICS;
    uint64_t cut[DATA_FILES_COUNT];

    *data = (struct data_dir){.fd = -1, .path = config->data_dir};
    int rc = open_dir(data, config->data_dir);
    if (rc < 0)
        return rc;
    const struct disk disk = disk_posix(data->fd);
    rc = check_kinds(&disk, config->data_dir);
    if (rc < 0)
        return rc;
    rc = data_files_open(&data->files, &disk, &limits, cut, &failed);
    log_cuts(cut);
    if (rc < 0)
        log_error("--data: can't open %s/%s.csv: %s; the directory must be writable", config->data_dir,
                  data_files_names[failed], regular_file_error(rc));
    else
        log_unready(&data->files);
    return rc;
}

/* ---- reading back ---- */

static void log_damage(const struct data_files *files)
{
    for (unsigned i = 0; i < DATA_FILES_COUNT; i++) {
        const struct data_files_damage *damage = &files->damage[i];
        const char *name = data_files_names[i];
        if (damage->lines > 0 && damage->rc < 0)
            log_warning("%s.csv has %" PRIu64 " damaged rows, which stay in it until the next start: %s", name,
                        damage->lines, strerror(-damage->rc));
        else if (damage->lines > 0)
            log_warning("%s.csv had %" PRIu64 " damaged rows; they were moved to %s.damaged-*", name, damage->lines,
                        name);
    }
    if (files->damaged_samples > 0)
        log_warning("damaged rows held %" PRIu64 " acknowledged samples; gaps.csv names them", files->damaged_samples);
}

int data_dir_recover(struct data_dir *data, const struct collector_config *config, struct registry *registry,
                     const struct recovery_options *options)
{
    struct recovery_report report;

    int rc = data_files_recover(&data->files, registry, options, &report);
    if (rc < 0)
        log_error("can't read the stored samples back from %s: %s", config->data_dir, strerror(-rc));
    else
        recovery_text(&report, registry->node_count, log_line);
    log_damage(&data->files);
    return rc;
}

/* ---- the end ---- */

void data_dir_close(struct data_dir *data)
{
    int rc = data_files_close(&data->files);

    if (rc < 0)
        log_error("the last samples of metrics.csv can't be synced: %s", strerror(-rc));
    dir_lock_release(&data->lock);
    if (data->fd >= 0)
        close(data->fd);
}
