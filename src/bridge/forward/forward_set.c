#include "bridge/forward/forward_set.h"

#include "bridge/forward/write_decisions.h"

#include <string.h>

#define HEADER_MAX 4096U

int forward_set_init(struct forward_set *set, const struct disk *data, const struct forward_place *place,
                     const struct write_options *options)
{
    set->options = options;
    set->last_ms = place->time_ms;
    tail_init(&set->rows_tail, data, "metrics", &place->rows);
    tail_init(&set->decisions_tail, data, "decisions", &place->decisions);
    int rc = row_set_init(&set->rows, FORWARD_SET_ROWS_MAX);
    return rc < 0 ? rc : decision_set_init(&set->decisions, FORWARD_SET_DECISIONS_MAX);
}

void forward_set_deinit(struct forward_set *set)
{
    tail_close(&set->rows_tail);
    tail_close(&set->decisions_tail);
    row_set_deinit(&set->rows);
    decision_set_deinit(&set->decisions);
}

/* ---- rows of metrics.csv ---- */

static bool is_empty(const struct forward_set *set)
{
    return forward_set_count(set) + set->filtered == 0;
}

static void note_row(struct forward_set *set, int64_t time_ms, int64_t now_ms, bool is_sent)
{
    if (is_empty(set))
        set->since_ms = now_ms;
    if (is_sent && forward_set_count(set) == 0)
        set->oldest_ms = time_ms;
    set->filtered += !is_sent;
}

/* The collector deleted files before this row, which is the first one after them. */
static void note_lost(struct forward_set *set, int64_t time_ms)
{
    set->lost.from_ms = set->lost.files == 0 ? set->last_ms : set->lost.from_ms;
    set->lost.to_ms = time_ms;
    set->lost.files = set->rows_tail.overtaken;
}

static void add_row(struct forward_set *set, const char *line, size_t len, int64_t now_ms)
{
    struct csv_row row;

    if (csv_parse_row(line, len, &row) < 0) {
        set->damaged += len < 8 || memcmp(line, "node_id,", 8) != 0;
        return;
    }
    if (set->rows_tail.overtaken > set->lost.files)
        note_lost(set, row.sample.time_ms);
    set->last_ms = row.sample.time_ms;
    bool is_sent = (row.sample.present & set->options->metrics) != 0;
    note_row(set, row.sample.time_ms, now_ms, is_sent);
    if (is_sent)
        row_set_add(&set->rows, &row);
}

static int read_rows(struct forward_set *set, int64_t now_ms)
{
    const char *line = NULL;
    size_t len = 0;
    int rc = 1;

    while (!row_set_is_full(&set->rows) && (rc = tail_next(&set->rows_tail, &line, &len)) > 0)
        add_row(set, line, len, now_ms);
    return rc < 0 ? rc : 0;
}

/* ---- rows of decisions.csv ---- */

/* 0 or a negative errno. */
static int find_columns(struct forward_set *set)
{
    char header[HEADER_MAX];

    if (set->columns_inode == set->decisions_tail.place.inode)
        return 0;
    ssize_t len = tail_header(&set->decisions_tail, header, sizeof header);
    if (len < 0)
        return (int)len;
    if (decision_line_columns(header, (size_t)len, &set->columns) < 0)
        set->columns = (struct decision_columns){0};
    set->columns_inode = set->decisions_tail.place.inode;
    return 0;
}

static void add_decision(struct forward_set *set, const char *line, size_t len, int64_t now_ms)
{
    struct decision_point point;
    int rc = decision_line_parse(line, len, &set->columns, &point);

    if (rc < 0) {
        set->damaged += len < 10 || memcmp(line, "timestamp,", 10) != 0;
        return;
    }
    note_row(set, point.time_ms, now_ms, rc > 0 && point.present != 0);
    if (rc > 0 && point.present != 0)
        decision_set_add(&set->decisions, &point);
}

static int read_decisions(struct forward_set *set, int64_t now_ms)
{
    const char *line = NULL;
    size_t len = 0;
    int rc = 1;

    while (!decision_set_is_full(&set->decisions) && (rc = tail_next(&set->decisions_tail, &line, &len)) > 0) {
        int columns = find_columns(set);
        if (columns < 0)
            return columns;
        add_decision(set, line, len, now_ms);
    }
    return rc < 0 ? rc : 0;
}

/* ---- the set ---- */

int forward_set_read(struct forward_set *set, int64_t now_ms)
{
    int rc = read_rows(set, now_ms);

    return rc < 0 ? rc : read_decisions(set, now_ms);
}

bool forward_set_is_due(const struct forward_set *set, int64_t batch_ms, int64_t now_ms)
{
    if (is_empty(set))
        return false;
    return row_set_is_full(&set->rows) || decision_set_is_full(&set->decisions) || now_ms - set->since_ms >= batch_ms;
}

int forward_set_finish(struct forward_set *set, struct forward_place *end)
{
    int rc = tail_place(&set->rows_tail, &end->rows);

    if (rc == 0)
        rc = tail_place(&set->decisions_tail, &end->decisions);
    end->time_ms = set->last_ms;
    row_set_sort(&set->rows);
    decision_set_sort(&set->decisions);
    return rc;
}

int forward_set_encode(const struct forward_set *set, uint32_t from, uint32_t to, struct write_request *request)
{
    uint32_t rows = set->rows.count;
    int rc = write_request_encode(request, &set->rows, from < rows ? from : rows, to < rows ? to : rows, set->options);

    if (rc < 0 || to <= rows)
        return rc;
    return write_decisions_add(request, &set->decisions, from > rows ? from - rows : 0, to - rows, set->options);
}

struct forward_set_name forward_set_name(const struct forward_set *set, uint32_t index)
{
    if (index >= set->rows.count) {
        const struct decision_point *point = &set->decisions.points[set->decisions.order[index - set->rows.count]];
        return (struct forward_set_name){"", point->group, point->time_ms};
    }
    const struct row_set_row *row = &set->rows.rows[set->rows.order[index]];
    const struct row_set_node *node = &set->rows.nodes[row->node];
    return (struct forward_set_name){node->node_id, node->group, row->sample.time_ms};
}

void forward_set_clear(struct forward_set *set)
{
    row_set_clear(&set->rows);
    set->decisions.count = 0;
    set->filtered = 0;
}

void forward_set_move(struct forward_set *set, const struct forward_place *place)
{
    forward_set_clear(set);
    tail_move(&set->rows_tail, &place->rows);
    tail_move(&set->decisions_tail, &place->decisions);
    set->last_ms = place->time_ms;
}
