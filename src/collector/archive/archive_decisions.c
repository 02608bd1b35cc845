#include "collector/archive/archive_decisions.h"

#include "common/parse.h"
#include "common/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 6U /* decimals of numbers; no column has more */

static const struct {
    const char *name;
    enum decision_field_id field;
} members[ARCHIVE_DECISION_MEMBERS] = {
    [ARCHIVE_DECISION_GROUP] = {"group", DECISION_FIELD_GROUP},
    [ARCHIVE_DECISION_ACTION] = {"action", DECISION_FIELD_ACTION},
    [ARCHIVE_DECISION_CURRENT] = {"current", DECISION_FIELD_CURRENT},
    [ARCHIVE_DECISION_RAW] = {"raw", DECISION_FIELD_RAW},
    [ARCHIVE_DECISION_DESIRED] = {"desired", DECISION_FIELD_DESIRED},
    [ARCHIVE_DECISION_RULE] = {"rule", DECISION_FIELD_RULE},
    [ARCHIVE_DECISION_GUARD] = {"guard", DECISION_FIELD_GUARD},
    [ARCHIVE_DECISION_ORDER] = {"order", DECISION_FIELD_ORDER},
    [ARCHIVE_DECISION_WHY] = {"why", DECISION_FIELD_WHY},
};

int archive_decisions_init(struct archive_decisions *decisions, const struct archive_query *query)
{
    decisions->found = calloc(2 * (size_t)query->limit, sizeof *decisions->found);
    decisions->query = query;
    decisions->count = 0;
    decisions->more = false;
    decisions->least_ms = INT64_MIN;
    decisions->file = UINT32_MAX;
    decisions->line = 0;
    archive_decisions_begin_file(decisions, "", 0);
    return decisions->found != NULL ? 0 : -ENOMEM;
}

static void free_first(struct archive_decisions *decisions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(decisions->found[i].json);
    memmove(decisions->found, decisions->found + count, (decisions->count - count) * sizeof *decisions->found);
    decisions->count -= count;
}

void archive_decisions_deinit(struct archive_decisions *decisions)
{
    if (decisions->found != NULL)
        free_first(decisions, decisions->count);
    free(decisions->found);
    decisions->found = NULL;
}

/* A header that is too long is not ours: then no row of the file is taken. */
void archive_decisions_begin_file(struct archive_decisions *decisions, const char *header, size_t len)
{
    decisions->file--;
    decisions->line = 0;
    decisions->header.count = 0;
    if (len > sizeof decisions->header_text)
        return;
    memcpy(decisions->header_text, header, len);
    if (archive_row_split(&decisions->header, decisions->header_text, len) < 0)
        decisions->header.count = 0;
    for (unsigned i = 0; i < ARCHIVE_DECISION_MEMBERS; i++)
        decisions->members[i] = archive_row_column(&decisions->header, members[i].field);
}

/* ---- one decision ---- */

static void put_value(struct writer *writer, const struct archive_row *row, int column)
{
    char text[DECISION_SENTENCE_MAX];
    double number = archive_row_number(row, column);

    if (!isnan(number)) {
        writer_put_number(writer, number, PLACES);
        return;
    }
    archive_row_text(row, column, text, sizeof text);
    if (text[0] == '\0')
        writer_put(writer, "null");
    else
        writer_put_string(writer, text);
}

/* All columns that are not empty, apart from the sentence. */
static void put_row(struct writer *writer, const struct archive_decisions *decisions)
{
    char name[64];
    bool first = true;

    writer_put(writer, ",\"row\":{");
    for (unsigned i = 0; i < decisions->header.count && i < decisions->row.count; i++) {
        if (decisions->row.fields[i].len == 0 || (int)i == decisions->members[ARCHIVE_DECISION_WHY])
            continue;
        archive_row_text(&decisions->header, (int)i, name, sizeof name);
        writer_put(writer, first ? "" : ",");
        writer_put_string(writer, name);
        writer_put(writer, ":");
        put_value(writer, &decisions->row, (int)i);
        first = false;
    }
    writer_put(writer, "}");
}

static void put_decision(struct writer *writer, const struct archive_decisions *decisions, int64_t time_ms)
{
    writer_putf(writer, "{\"time_ms\":%" PRId64, time_ms);
    for (unsigned i = 0; i < ARCHIVE_DECISION_MEMBERS; i++) {
        writer_putf(writer, ",\"%s\":", members[i].name);
        put_value(writer, &decisions->row, decisions->members[i]);
    }
    put_row(writer, decisions);
    writer_put(writer, "}");
}

/* ---- the newest ones ---- */

static int compare(const void *a, const void *b)
{
    const struct archive_decision *left = a;
    const struct archive_decision *right = b;

    if (left->time_ms != right->time_ms)
        return left->time_ms < right->time_ms ? -1 : 1;
    return left->place < right->place ? -1 : left->place > right->place;
}

void archive_decisions_end(struct archive_decisions *decisions)
{
    size_t limit = decisions->query->limit;

    if (decisions->count > 0)
        qsort(decisions->found, decisions->count, sizeof *decisions->found, compare);
    if (decisions->count <= limit)
        return;
    free_first(decisions, decisions->count - limit);
    decisions->more = true;
    decisions->least_ms = decisions->found[0].time_ms;
}

static int keep(struct archive_decisions *decisions, int64_t time_ms, const struct writer *writer)
{
    struct archive_decision decision = {
        .time_ms = time_ms, .place = decisions->file << 32 | decisions->line, .len = writer->len};

    decision.json = malloc(writer->len);
    if (decision.json == NULL)
        return -ENOMEM;
    memcpy(decision.json, writer->text, writer->len);
    decisions->found[decisions->count++] = decision;
    if (decisions->count == 2 * (size_t)decisions->query->limit)
        archive_decisions_end(decisions);
    return 0;
}

static bool has_action(const struct archive_decisions *decisions)
{
    unsigned wanted = decisions->query->actions;
    bool has = wanted == 0;

    for (unsigned action = ACTION_HOLD; !has && action <= ACTION_DOWN; action++)
        has = (wanted >> action & 1U) != 0 &&
              archive_row_has_word(&decisions->row, decisions->members[ARCHIVE_DECISION_ACTION], action_names[action]);
    return has;
}

int archive_decisions_take(struct archive_decisions *decisions, const char *line, size_t len)
{
    const struct archive_query *query = decisions->query;
    struct writer writer = {.text = decisions->json, .size = sizeof decisions->json};
    int64_t time_ms = 0;

    decisions->line++;
    if (len > DECISION_ROW_MAX || decisions->header.count == 0 ||
        !archive_row_is_of(line, len, query->name, &time_ms) || time_ms < query->from_ms || time_ms >= query->to_ms)
        return 0;
    if (archive_row_split(&decisions->row, line, len) < 0 || !has_action(decisions))
        return 0;
    if (time_ms < decisions->least_ms) {
        decisions->more = true;
        return 0;
    }
    put_decision(&writer, decisions, time_ms);
    return writer.full ? 0 : keep(decisions, time_ms, &writer);
}
