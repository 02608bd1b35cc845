#include "collector/autoscale/open_orders.h"

#include "collector/autoscale/decision_fields.h"
#include "collector/store/segments_each.h"
#include "common/fields.h"
#include "common/limits.h"
#include "common/line_reader.h"
#include "common/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_MAX (4U * GROUPS_MAX) /* more than this are not noticed: a group has at most two, and one that failed */

struct part {
    const char *at;
    size_t len;
};

/* What a row says of an order: the row is TIMESTAMP,<middle>,ORDER,"WHY", as the table of decision_fields ends. */
struct order_row {
    struct part middle;
    struct part group;
    struct part plain; /* all but WHY */
    struct part stage;
};

/* An order that was not carried out, as far as is known. */
struct open_order {
    char *row;      /* of its intent, 0-terminated */
    bool is_closed; /* it has an outcome */
};

/* The last order of a group, if it was a number for a reader. */
struct published {
    char group[NAME_LEN_MAX + 1];
    unsigned nodes;
    int64_t wall_ms;
};

struct open_orders {
    struct decision_rows *rows;
    int64_t wall_ms;
    struct line_reader lines;
    struct published published[GROUPS_MAX];
    unsigned published_count;
    struct open_order open[OPEN_MAX]; /* oldest first */
    unsigned count;
};

/* ---- rows ---- */

static unsigned column_of(enum decision_field_id id)
{
    unsigned column = 0;

    for (unsigned i = 0; i < (unsigned)id; i++)
        column += decision_fields[i].csv != NULL;
    return column;
}

static struct part part_between(const char *begin, const char *end)
{
    return (struct part){.at = begin, .len = (size_t)(end - begin)};
}

/* The field of that column; only the last one is quoted. */
static struct part field_at(struct part row, unsigned column)
{
    const char *end = row.at + row.len;
    const char *at = row.at;

    for (; column > 0 && at != NULL; column--) {
        at = memchr(at, ',', (size_t)(end - at));
        at = at != NULL ? at + 1 : NULL;
    }
    if (at == NULL)
        return (struct part){0};
    const char *comma = memchr(at, ',', (size_t)(end - at));
    return part_between(at, comma != NULL ? comma : end);
}

static unsigned count_commas(struct part part)
{
    unsigned count = 0;

    for (size_t i = 0; i < part.len; i++)
        count += part.at[i] == ',';
    return count;
}

/* Whether the row is of an order, and whole: the disk may have damaged a finished file. */
static bool parse(struct part row, struct order_row *parsed)
{
    const char *quote = memchr(row.at, '"', row.len);

    if (quote == NULL || quote - row.at < 2 || quote[-1] != ',' || quote[-2] == ',')
        return false;
    struct part plain = part_between(row.at, quote - 1);
    const char *stage = quote - 1;
    while (stage > row.at && stage[-1] != ',')
        stage--;
    const char *first = memchr(row.at, ',', plain.len);
    if (first == NULL || stage <= first + 1)
        return false;
    *parsed = (struct order_row){.middle = part_between(first + 1, stage - 1),
                                 .group = field_at(plain, column_of(DECISION_FIELD_GROUP)),
                                 .plain = plain,
                                 .stage = part_between(stage, quote - 1)};
    return decision_rows_ok(row.at, row.len) && count_commas(plain) + 1 == column_of(DECISION_FIELD_WHY) &&
           parse_name_ok(parsed->group.at, parsed->group.len);
}

/* The time at the beginning of a row: seconds with three decimals. */
static int64_t time_of(const char *row)
{
    struct cursor cursor = {.at = row, .end = row + strcspn(row, ",")};
    uint64_t thousandths = 0;

    return fields_get_fixed(&cursor, 3, &thousandths) ? (int64_t)thousandths : 0;
}

static bool same(struct part a, struct part b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static bool is_word(struct part a, const char *word)
{
    return a.len == strlen(word) && memcmp(a.at, word, a.len) == 0;
}

/* The columns order_... are the id of an order within its group. */
static bool is_same_order(const struct order_row *a, const struct order_row *b)
{
    bool is_same = same(a->group, b->group);

    for (unsigned i = 0; is_same && i < DECISION_FIELD_COUNT; i++) {
        const char *name = decision_fields[i].csv;
        unsigned column = column_of((enum decision_field_id)i);
        if (name != NULL && strncmp(name, "order_", strlen("order_")) == 0)
            is_same = same(field_at(a->plain, column), field_at(b->plain, column));
    }
    return is_same;
}

/* ---- open orders ---- */

static int add(struct open_orders *orders, struct part row)
{
    if (orders->count == OPEN_MAX)
        return 0;
    char *copy = strndup(row.at, row.len);
    if (copy == NULL)
        return -ENOMEM;
    orders->open[orders->count++] = (struct open_order){.row = copy};
    return 0;
}

static void drop(struct open_orders *orders, unsigned index)
{
    free(orders->open[index].row);
    orders->count--;
    memmove(&orders->open[index], &orders->open[index + 1], (orders->count - index) * sizeof *orders->open);
}

static struct order_row intent_of(const struct open_order *open)
{
    struct order_row intent = {0};

    (void)parse((struct part){open->row, strlen(open->row)}, &intent);
    return intent;
}

/* The group's order of that index was carried out, and what came before it does not matter any more. */
static void drop_up_to(struct open_orders *orders, unsigned index, struct part group)
{
    for (unsigned i = index + 1; i-- > 0;) {
        struct order_row intent = intent_of(&orders->open[i]);
        if (same(intent.group, group))
            drop(orders, i);
    }
}

/* Of the orders in a row that were not carried out, the first one with an outcome is enough. */
static void close_order(struct open_orders *orders, unsigned index, struct part group)
{
    orders->open[index].is_closed = true;
    for (unsigned i = 0; i < index; i++) {
        struct order_row intent = intent_of(&orders->open[i]);
        if (orders->open[i].is_closed && same(intent.group, group)) {
            drop(orders, index);
            return;
        }
    }
}

/* Should an order have several intents, each needs an outcome, unless one was accepted. */
static void take_outcome(struct open_orders *orders, const struct order_row *outcome)
{
    bool is_accepted = is_word(outcome->stage, "accepted");

    for (unsigned i = orders->count; i-- > 0;) {
        struct order_row intent = intent_of(&orders->open[i]);
        if ((orders->open[i].is_closed && !is_accepted) || !is_same_order(&intent, outcome))
            continue;
        if (is_accepted)
            drop_up_to(orders, i, outcome->group);
        else
            close_order(orders, i, outcome->group);
        return;
    }
}

/* ---- published numbers ---- */

/* The place of the group, or that of another one. */
static unsigned find_published(const struct open_orders *orders, struct part group)
{
    unsigned at = 0;

    while (at < orders->published_count && !is_word(group, orders->published[at].group))
        at++;
    return at;
}

static void forget_published(struct open_orders *orders, struct part group)
{
    unsigned at = find_published(orders, group);

    if (at < orders->published_count)
        orders->published[at] = orders->published[--orders->published_count];
}

static void take_published(struct open_orders *orders, const struct order_row *row)
{
    struct part desired = field_at(row->plain, column_of(DECISION_FIELD_DESIRED));
    struct cursor cursor = {.at = desired.at, .end = desired.at + desired.len};
    unsigned at = find_published(orders, row->group);
    uint64_t nodes = 0;

    if (at == GROUPS_MAX || row->group.len > NAME_LEN_MAX || desired.at == NULL ||
        !fields_get_unsigned(&cursor, &nodes) || nodes > SIZING_NODES_MAX)
        return;
    struct published *published = &orders->published[at];
    memcpy(published->group, row->group.at, row->group.len);
    published->group[row->group.len] = '\0';
    published->nodes = (unsigned)nodes;
    published->wall_ms = time_of(row->plain.at);
    orders->published_count += at == orders->published_count;
}

static int take_row(struct open_orders *orders, struct part row)
{
    struct order_row parsed;

    if (!parse(row, &parsed))
        return 0;
    if (is_word(parsed.stage, "published")) {
        take_published(orders, &parsed);
        return 0;
    }
    if (is_word(parsed.stage, "given-up"))
        return 0; /* it was carried out, without effect */
    forget_published(orders, parsed.group);
    if (is_word(parsed.stage, "intent"))
        return add(orders, row);
    take_outcome(orders, &parsed);
    return 0;
}

static int open_orders_on_file(const struct segments_file *file, void *arg)
{
    struct open_orders *orders = arg;
    const char *line = NULL;
    size_t len = 0;
    bool is_whole = false;
    int rc = 0;

    if (file->modified_ms < orders->wall_ms - OPEN_ORDERS_MS)
        return 0;
    line_reader_init(&orders->lines, file->disk, file->file);
    line_reader_limit(&orders->lines, file->end);
    for (bool is_first = true; rc == 0 && line_reader_next(&orders->lines, &line, &len, &is_whole); is_first = false) {
        char header[DECISION_ROW_MAX];
        size_t header_len = is_first ? decision_fields_put_header(header) : 0;
        if (is_first && (len != header_len - 1 || memcmp(line, header, len) != 0))
            return 0; /* of another version */
        if (is_whole)
            rc = take_row(orders, (struct part){line, len});
    }
    return rc < 0 ? rc : orders->lines.error;
}

/* ---- outcomes ---- */

static int put_outcome(struct open_orders *orders, const struct open_order *open)
{
    struct order_row intent = intent_of(open);
    char text[DECISION_ROW_MAX];
    int64_t wall_ms = orders->wall_ms;

    int len = snprintf(text, sizeof text,
                       "%" PRId64 ".%03" PRId64 ",%.*s,unknown,\"%.*s: the collector was killed while it carried out "
                       "this order; how far it got is unknown\"\n",
                       wall_ms / 1000, wall_ms % 1000, (int)intent.middle.len, intent.middle.at, (int)intent.group.len,
                       intent.group.at);
    if (len < 0 || (size_t)len >= sizeof text)
        return -EINVAL;
    return decision_rows_add_text(orders->rows, text, (size_t)len);
}

/* Whether the order is the group's oldest one. */
static bool is_first(const struct open_orders *orders, unsigned index)
{
    struct order_row intent = intent_of(&orders->open[index]);

    for (unsigned i = 0; i < index; i++) {
        struct order_row earlier = intent_of(&orders->open[i]);
        if (same(earlier.group, intent.group))
            return false;
    }
    return true;
}

static void report(const struct open_orders *orders, const struct open_orders_events *events)
{
    char group[NAME_LEN_MAX + 1];

    for (unsigned i = 0; i < orders->count; i++) {
        struct order_row intent = intent_of(&orders->open[i]);
        if (!is_first(orders, i) || intent.group.at == NULL || intent.group.len > NAME_LEN_MAX)
            continue;
        memcpy(group, intent.group.at, intent.group.len);
        group[intent.group.len] = '\0';
        events->on_open(group, time_of(orders->open[i].row), events->arg);
    }
    for (unsigned i = 0; i < orders->published_count; i++) {
        const struct published *published = &orders->published[i];
        events->on_published(published->group, published->nodes, published->wall_ms, events->arg);
    }
}

static int close_all(struct open_orders *orders, const struct segments *segments,
                     const struct open_orders_events *events)
{
    int rc = segments_each(segments, open_orders_on_file, orders);
    int added = 0;

    if (rc < 0)
        return rc;
    for (unsigned i = 0; i < orders->count; i++)
        if (!orders->open[i].is_closed && put_outcome(orders, &orders->open[i]) == 0)
            added++;
    report(orders, events);
    return added;
}

int open_orders_close(struct decision_rows *rows, const struct segments *segments, int64_t wall_ms,
                      const struct open_orders_events *events)
{
    struct open_orders *orders = calloc(1, sizeof *orders);

    if (orders == NULL)
        return -ENOMEM;
    orders->rows = rows;
    orders->wall_ms = wall_ms;
    int rc = close_all(orders, segments, events);
    for (unsigned i = 0; i < orders->count; i++)
        free(orders->open[i].row);
    free(orders);
    return rc;
}
