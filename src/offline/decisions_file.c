#include "offline/decisions_file.h"

#include "collector/autoscale/decision_fields.h"
#include "common/parse.h"
#include "offline/line_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 128U
#define ROW_MAX    4096U

enum { TIME, GROUP, ACTION, DESIRED, WHY, SIGNALS, NAMED_COUNT };

#define NO_COLUMN UINT_MAX /* of a file that was written before the collector had signals */

static const enum decision_field_id named[NAMED_COUNT] = {
    [TIME] = DECISION_FIELD_TIMESTAMP,  [GROUP] = DECISION_FIELD_GROUP, [ACTION] = DECISION_FIELD_ACTION,
    [DESIRED] = DECISION_FIELD_DESIRED, [WHY] = DECISION_FIELD_WHY,     [SIGNALS] = DECISION_FIELD_SIGNALS};

_Static_assert(sizeof(((struct decisions_file *)NULL)->column) / sizeof(unsigned) == NAMED_COUNT, "a place for each");

/* Splits a row of RFC 4180 in place: a quoted field may contain commas, and doubled quotes. Returns the number of
 * fields, or 0 if a quote is not closed or there are too many fields. */
static unsigned split(char *row, char **fields)
{
    unsigned count = 0;
    char *to = row;

    for (char *at = row;; at++) {
        bool quoted = *at == '"';
        if (count == FIELDS_MAX)
            return 0;
        fields[count++] = to;
        if (quoted)
            at++;
        while (quoted ? *at != '"' || at[1] == '"' : *at != ',' && *at != '\0') {
            if (*at == '\0')
                return 0;
            at += quoted && *at == '"';
            *to++ = *at++;
        }
        if (quoted)
            at++;
        if (*at != ',' && *at != '\0')
            return 0;
        bool last = *at == '\0';
        *to++ = '\0';
        if (last)
            return count;
    }
}

static int take_header(struct decisions_file *file, char **fields, unsigned count, char *reason, size_t size)
{
    for (unsigned n = 0; n < NAMED_COUNT; n++) {
        unsigned at = 0;
        while (at < count && strcmp(fields[at], decision_fields[named[n]].csv) != 0)
            at++;
        if (at == count && n == SIGNALS) {
            file->column[n] = NO_COLUMN;
            continue;
        }
        if (at == count) {
            snprintf(reason, size, "the header has no column %s; is this a decisions.csv?",
                     decision_fields[named[n]].csv);
            return -EINVAL;
        }
        file->column[n] = at;
    }
    file->columns = count;
    return 0;
}

static int take_row(const struct decisions_file *file, char **fields, struct recorded_decision *decision, char *reason,
                    size_t size)
{
    const char *value[NAMED_COUNT];
    double seconds;
    int bad = -1;

    for (unsigned n = 0; n < NAMED_COUNT; n++)
        value[n] = file->column[n] == NO_COLUMN ? "" : fields[file->column[n]];
    if (parse_number(value[TIME], strlen(value[TIME]), &seconds) != 0 || seconds < 0.0 || seconds > 1e12)
        bad = TIME;
    else if (!parse_name_ok(value[GROUP], strlen(value[GROUP])))
        bad = GROUP;
    else if (parse_unsigned(value[DESIRED], &decision->desired) != 0)
        bad = DESIRED;
    if (bad >= 0) {
        snprintf(reason, size, "invalid %s \"%.40s\"", decision_fields[named[bad]].csv, value[bad]);
        return -EINVAL;
    }
    decision->time_ms = llround(seconds * 1000.0);
    decision->signals = value[SIGNALS][0] != '\0' ? strdup(value[SIGNALS]) : NULL;
    if (value[SIGNALS][0] != '\0' && decision->signals == NULL)
        return -ENOMEM;
    decision->acts = strcmp(value[ACTION], action_names[ACTION_HOLD]) != 0;
    snprintf(decision->group, sizeof decision->group, "%s", value[GROUP]);
    snprintf(decision->why, sizeof decision->why, "%s", value[WHY]);
    return 0;
}

static int add(struct decisions_file *file, const struct recorded_decision *decision)
{
    if (file->count == file->capacity) {
        size_t capacity = file->capacity > 0 ? 2 * file->capacity : 256;
        struct recorded_decision *decisions = reallocarray(file->decisions, capacity, sizeof *decisions);
        if (decisions == NULL) {
            free(decision->signals);
            return -ENOMEM;
        }
        file->decisions = decisions;
        file->capacity = capacity;
    }
    file->decisions[file->count++] = *decision;
    return 0;
}

static int on_line(const struct file_line *line, void *arg, char *reason, size_t size)
{
    struct decisions_file *file = arg;
    struct recorded_decision decision;
    char row[ROW_MAX];
    char *fields[FIELDS_MAX];

    if (line->len >= sizeof row) {
        snprintf(reason, size, "the line is too long");
        return -EINVAL;
    }
    memcpy(row, line->text, line->len);
    row[line->len] = '\0';
    unsigned count = split(row, fields);
    if (line->number == 1)
        return take_header(file, fields, count, reason, size);
    if (count != file->columns) {
        snprintf(reason, size, count == 0 ? "a quote is not closed" : "%u columns where the header has %u", count,
                 file->columns);
        return -EINVAL;
    }
    int rc = take_row(file, fields, &decision, reason, size);
    return rc == 0 ? add(file, &decision) : rc;
}

int decisions_file_read(const char *path, bool skip_bad, struct decisions_file *file, char *error, size_t size)
{
    struct decisions_file read = {0};
    struct line_file lines = {.path = path, .on_line = on_line, .arg = &read, .skip_bad = skip_bad};

    int rc = line_file_read(&lines, error, size);
    if (rc != 0) {
        decisions_file_deinit(&read);
        return rc;
    }
    line_file_warn(&lines);
    *file = read;
    return 0;
}

void decisions_file_deinit(struct decisions_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        free(file->decisions[i].signals);
    free(file->decisions);
    *file = (struct decisions_file){0};
}
