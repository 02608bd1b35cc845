#include "collector/http/answer_decision.h"

#include "collector/autoscale/decision_fields.h"
#include "collector/http/answer.h"

#include <inttypes.h>

/* Each is a column of decisions.csv and, apart from the sentence, also a member of the row. */
static const enum decision_field_id members[] = {DECISION_FIELD_GROUP, DECISION_FIELD_ACTION,  DECISION_FIELD_CURRENT,
                                                 DECISION_FIELD_RAW,   DECISION_FIELD_DESIRED, DECISION_FIELD_RULE,
                                                 DECISION_FIELD_GUARD, DECISION_FIELD_WHY};

static bool is_number(enum decision_kind kind)
{
    return kind != DECISION_WORD && kind != DECISION_TEXT && kind != DECISION_SIGNALS;
}

/* The value as decisions.csv has it; false if that is nothing. */
static bool put_value(struct writer *writer, const struct decision_field *field, const struct decision_record *record)
{
    struct decision_value value = decision_fields_value(field, record, field->resource);
    char text[DECISION_ROW_MAX];
    struct writer plain = {.text = text, .size = sizeof text - 1};

    decision_fields_put_text(&plain, field, &value);
    text[plain.len] = '\0';
    if (plain.len == 0)
        return false;
    if (is_number(value.kind))
        writer_put_bytes(writer, text, plain.len);
    else
        writer_put_string(writer, text);
    return true;
}

static void put_members(struct writer *writer, const struct decision_record *record)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const struct decision_field *field = &decision_fields[members[i]];
        answer_put_key(writer, field->csv, false);
        if (!put_value(writer, field, record))
            writer_put(writer, "null");
    }
}

static void put_row(struct writer *writer, const struct decision_record *record)
{
    bool first = true;

    writer_put(writer, ",\"order\":null,\"row\":{");
    for (size_t i = 0; i < DECISION_FIELD_COUNT; i++) {
        const struct decision_field *field = &decision_fields[i];
        size_t mark = writer->len;
        if (field->csv == NULL || i == DECISION_FIELD_WHY)
            continue;
        answer_put_key(writer, field->csv, first);
        if (put_value(writer, field, record))
            first = false;
        else
            writer_cut(writer, mark);
    }
    writer_put(writer, "}");
}

void answer_decision_make(struct answer *answer)
{
    const struct group *group = registry_find_group(answer->world->registry, answer->query.name);
    const struct decision_history_group *history = group != NULL ? &answer->world->history->groups[group->index] : NULL;
    struct writer *writer = &answer->writer;
    char why[DECISION_SENTENCE_MAX];

    writer_putf(writer, "{\"now_ms\":%" PRId64 ",\"decision\":", answer->begun.wall_ms);
    if (history == NULL || !history->decided) {
        writer_put(writer, "null}\n");
    } else {
        decision_sentence(&history->last, group->name, why, sizeof why);
        const struct decision_record record = {
            .wall_ms = history->when.wall_ms, .group = group->name, .decision = &history->last, .why = why};
        writer_putf(writer, "{\"time_ms\":%" PRId64, history->when.wall_ms);
        put_members(writer, &record);
        put_row(writer, &record);
        writer_put(writer, "}}\n");
    }
    answer->done = true;
}
