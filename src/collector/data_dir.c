#include "collector/data_dir.h"

#include "collector/store/recovery_text.h"
#include "common/disk_posix.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- opening ---- */

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
    return 0;
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

    *data = (struct data_dir){.fd = -1};
    int rc = open_dir(data, config->data_dir);
    if (rc < 0)
        return rc;
    const struct disk disk = disk_posix(data->fd);
    rc = data_files_open(&data->files, &disk, &limits, cut, &failed);
    log_cuts(cut);
    if (rc < 0)
        log_error("--data: can't open %s/%s.csv: %s; the directory must be writable", config->data_dir,
                  data_files_names[failed], strerror(-rc));
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
    if (data->fd >= 0)
        close(data->fd);
}
