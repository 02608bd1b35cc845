#include "collector/data_dir.h"

#include "collector/autoscale/decision_fields.h"
#include "collector/autoscale/decision_log.h"
#include "collector/store/gap_file.h"
#include "collector/store/metrics_file.h"
#include "common/disk_posix.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct segments_limits data_dir_limits(const struct collector_config *config)
{
    return (struct segments_limits){
        .rotate_bytes = config->rotate_bytes, .rotate_ms = config->rotate_ms, .retain_ms = config->retain_ms};
}

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

/* name: of the file whose opening had that result; cut: the bytes that were moved out of it. */
static int report_open(const struct collector_config *config, const char *name, int rc, uint64_t cut)
{
    if (rc < 0)
        log_error("--data: can't open %s/%s.csv: %s; the directory must be writable", config->data_dir, name,
                  strerror(-rc));
    else if (cut > 0)
        log_warning("%s.csv ended in %" PRIu64 " bytes of incomplete or invalid rows; they were moved to %s.cut-*",
                    name, cut, name);
    return rc;
}

static int open_decisions(struct data_dir *data, const struct segments_limits *limits, uint64_t *cut)
{
    char header[DECISION_ROW_MAX];
    struct segments_options options = {
        .name = "decisions", .header = header, .row_ok = decision_log_row_ok, .limits = *limits};

    decision_fields_put_header(header);
    return segments_open(&data->decisions, &data->disk, &options, cut);
}

int data_dir_open(struct data_dir *data, const struct collector_config *config)
{
    struct segments_limits limits = data_dir_limits(config);
    uint64_t cut = 0;

    *data = (struct data_dir){.fd = -1};
    int rc = open_dir(data, config->data_dir);
    if (rc < 0)
        return rc;
    data->disk = disk_posix(data->fd);
    index_file_read(&data->index, &data->disk);
    rc = metrics_file_open(&data->metrics, &data->disk, &limits, data->index.last_segment, &cut);
    if (report_open(config, "metrics", rc, cut) < 0)
        return rc;
    rc = gap_file_open(&data->gaps, &data->disk, &limits, &cut);
    if (report_open(config, "gaps", rc, cut) < 0)
        return rc;
    return report_open(config, "decisions", open_decisions(data, &limits, &cut), cut);
}

/* ---- reading back ---- */

static void log_recovery(const struct registry *registry, const struct recovery_report *report)
{
    static const char *const why_all[] = {
        [RECOVERY_INDEX_MISSING] = INDEX_FILE_NAME " does not exist",
        [RECOVERY_INDEX_DAMAGED] = INDEX_FILE_NAME " is damaged, or another version wrote it",
        [RECOVERY_INDEX_UNFIT] = INDEX_FILE_NAME " does not match the segments, some of which were removed",
    };

    if (report->rows > 0 || report->files_skipped > 0)
        log_info("read back %" PRIu64 " samples of %u nodes from %" PRIu64 " files; %" PRIu64
                 " older ones were not needed",
                 report->rows, registry->node_count, report->files_read, report->files_skipped);
    if (report->index != RECOVERY_INDEX_USED && report->files_read > 1)
        log_info("had to read all files: %s", why_all[report->index]);
    if (report->bad_rows > 0)
        log_warning("skipped %" PRIu64 " damaged rows in older segments", report->bad_rows);
    if (report->unplaced > 0)
        log_warning("skipped %" PRIu64 " rows: the files have more than %u nodes or %u groups", report->unplaced,
                    NODES_MAX, GROUPS_MAX);
}

int data_dir_recover(struct data_dir *data, const struct collector_config *config, struct registry *registry,
                     const struct recovery_options *options)
{
    struct recovery_report report;

    int rc = recovery_run(&data->metrics, &data->index, registry, options, &report);
    index_file_free(&data->index);
    if (rc == 0)
        rc = gap_file_recover(&data->gaps, registry, options, report.indexed_ms);
    if (rc < 0)
        log_error("can't read the stored samples back from %s: %s", config->data_dir, strerror(-rc));
    else
        log_recovery(registry, &report);
    return rc;
}

/* ---- the end ---- */

void data_dir_close(struct data_dir *data)
{
    index_file_free(&data->index);
    int rc = segments_close(&data->metrics);
    if (rc < 0)
        log_error("the last samples of metrics.csv can't be synced: %s", strerror(-rc));
    (void)segments_close(&data->gaps); /* both are synced after each write */
    (void)segments_close(&data->decisions);
    if (data->fd >= 0)
        close(data->fd);
}
