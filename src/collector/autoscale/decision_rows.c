#include "collector/autoscale/decision_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int decision_rows_init(struct decision_rows *rows, struct segments *segments)
{
    *rows = (struct decision_rows){.segments = segments, .limits = *segments_get_limits(segments)};
    rows->waiting = malloc(DECISION_ROWS_BUFFER);
    rows->writing = malloc(DECISION_ROWS_BUFFER);
    if (rows->waiting != NULL && rows->writing != NULL)
        return 0;
    decision_rows_deinit(rows);
    return -ENOMEM;
}

void decision_rows_deinit(struct decision_rows *rows)
{
    free(rows->waiting);
    free(rows->writing);
    rows->waiting = NULL;
    rows->writing = NULL;
}

bool decision_rows_ok(const char *row, size_t len)
{
    /* The sentence is quoted and comes last. */
    return len > 2 && row[0] >= '0' && row[0] <= '9' && row[len - 1] == '"' && memchr(row, '\0', len) == NULL;
}

/* ---- on the loop ---- */

int decision_rows_add_text(struct decision_rows *rows, const char *row, size_t len)
{
    if (len > DECISION_ROWS_BUFFER - rows->waiting_len) {
        rows->dropped++;
        return -ENOSPC;
    }
    memcpy(rows->waiting + rows->waiting_len, row, len);
    rows->waiting_len += len;
    rows->added++;
    return 0;
}

int decision_rows_add(struct decision_rows *rows, const struct decision_record *record)
{
    char row[DECISION_ROW_MAX];

    return decision_rows_add_text(rows, row, decision_fields_put_row(row, record));
}

bool decision_rows_take(struct decision_rows *rows)
{
    char *filled = rows->waiting;

    if (rows->taken > rows->synced || rows->waiting_len == 0)
        return false;
    rows->waiting = rows->writing;
    rows->writing = filled;
    rows->writing_len = rows->waiting_len;
    rows->waiting_len = 0;
    rows->taken = rows->added;
    return true;
}

static int64_t wall_ms(const struct decision_rows *rows)
{
    return disk_wall_ms(segments_disk(rows->segments));
}

void decision_rows_begin(struct decision_rows *rows)
{
    segments_set_limits(rows->segments, &rows->limits);
    rows->rotation = segments_due(rows->segments, wall_ms(rows));
}

void decision_rows_end(struct decision_rows *rows, int rc)
{
    rows->failing = rc < 0;
    if (rc == 0)
        rows->synced = rows->taken;
}

/* ---- on the worker ---- */

int decision_rows_write(struct decision_rows *rows)
{
    int rc = segments_begin_write(rows->segments, rows->failing, rows->rotation, wall_ms(rows));

    if (rc == 0)
        rc = segments_append(rows->segments, rows->writing, rows->writing_len);
    return segments_end_write(rows->segments, rc, true);
}
