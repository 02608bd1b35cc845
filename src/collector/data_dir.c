#include "collector/data_dir.h"

#include "collector/autoscale/decision_fields.h"
#include "collector/autoscale/decision_log.h"
#include "collector/store/csv.h"
#include "collector/store/gap_file.h"
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
        log_error("--data: can't make %s: %s; its parent must exist and be writable", path, strerror(-rc));
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

static int open_segments(const struct data_dir *data, const struct collector_config *config, struct segments *segments,
                         const char *name, const char *header, segments_row_ok *row_ok, uint64_t taken)
{
    struct segments_limits limits = data_dir_limits(config);
    uint64_t cut = 0;

    int rc = segments_open(segments, data->fd, name, header, &limits, row_ok, taken, &cut);
    if (rc < 0)
        log_error("--data: can't open %s/%s.csv: %s; the folder must be writable", config->data_dir, name,
                  strerror(-rc));
    else if (cut > 0)
        log_warning("%s.csv ended in %" PRIu64 " bytes that are not whole rows; they were moved to %s.cut-*", name, cut,
                    name);
    return rc;
}

int data_dir_open(struct data_dir *data, const struct collector_config *config)
{
    char header[CSV_LINE_MAX > DECISION_ROW_MAX ? CSV_LINE_MAX : DECISION_ROW_MAX];

    *data = (struct data_dir){.fd = -1, .metrics.fd = -1, .gaps.fd = -1, .decisions.fd = -1};
    int rc = open_dir(data, config->data_dir);
    if (rc < 0)
        return rc;
    header[csv_put_header(header)] = '\0';
    index_file_read(&data->index, data->fd);
    rc = open_segments(data, config, &data->metrics, "metrics", header, recovery_row_ok, data->index.last_segment);
    if (rc < 0)
        return rc;
    header[gap_put_header(header)] = '\0';
    rc = open_segments(data, config, &data->gaps, "gaps", header, gap_file_row_ok, 0);
    if (rc < 0)
        return rc;
    decision_fields_put_header(header);
    return open_segments(data, config, &data->decisions, "decisions", header, decision_log_row_ok, 0);
}

/* ---- reading back ---- */

static void log_recovery(const struct registry *registry, const struct recovery_report *report)
{
    static const char *const why_all[] = {
        [RECOVERY_INDEX_MISSING] = "there is no " INDEX_FILE_NAME,
        [RECOVERY_INDEX_DAMAGED] = INDEX_FILE_NAME " is damaged, or of another version",
        [RECOVERY_INDEX_UNFIT] = INDEX_FILE_NAME " and the segments do not fit each other: some were removed by hand",
    };

    if (report->rows > 0 || report->files_skipped > 0)
        log_info("read back %" PRIu64 " samples of %u nodes from %" PRIu64 " files; %" PRIu64
                 " older ones were not needed",
                 report->rows, registry->node_count, report->files_read, report->files_skipped);
    if (report->index != RECOVERY_INDEX_USED && report->files_read > 1)
        log_info("all files were read, which takes longer: %s", why_all[report->index]);
    if (report->bad_rows > 0)
        log_warning("%" PRIu64 " rows of older segments are damaged and were skipped", report->bad_rows);
    if (report->unplaced > 0)
        log_warning("%" PRIu64 " rows are of more than %u nodes or %u groups and were skipped", report->unplaced,
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
