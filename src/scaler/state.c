#include "scaler/state.h"

#include "common/parse.h"
#include "scaler/group.h"
#include "scaler/memory.h"
#include "scaler/predictor_state.h"
#include "scaler/sizing.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TITLE        "headroom-scaler-state "
#define VERSION      "3"
#define CHECKSUM_LEN 16U
#define TICK_MS_MAX  INT64_C(86400000)
#define AGE_MS_MAX   INT64_C(86400000) /* no window is longer */
#define NOTHING      "-"

static const char recommendations_name[] = "recommendations";

/* ---- writing ---- */

void state_begin(struct state_text *out, const struct state_moment *taken)
{
    out->len = 0;
    out->groups = 0;
    out->rc = 0;
    state_put(out, TITLE VERSION "\ntaken %s %" PRId64 " %" PRId64 "\n", taken->boot, taken->mono_ms, taken->wall_ms);
}

static void put_history(struct state_text *out, const char *name, const struct history *history)
{
    int64_t times[SCALER_TICKS_MAX];
    double values[SCALER_TICKS_MAX];

    for (unsigned i = 0; i < history->count; i++) {
        const struct history_point *point = history_at(history, history->count - 1 - i);
        times[i] = point->time_ms;
        values[i] = point->value;
    }
    if (history->since_ms == HISTORY_NEVER)
        state_put(out, "%s " NOTHING "\n", name);
    else
        state_put(out, "%s %" PRId64 "\n", name, history->since_ms);
    state_put_array(out, "times", times, history->count, sizeof *times);
    state_put_array(out, "values", values, history->count, sizeof *values);
}

static void put_orders(struct state_text *out, const char *name, const struct order_list *list)
{
    int64_t times[ORDERS_MAX];
    unsigned nodes[ORDERS_MAX];

    for (unsigned i = 0; i < list->count; i++) {
        times[i] = list->order[i].time_ms;
        nodes[i] = list->order[i].nodes;
    }
    state_put_array(out, name, times, list->count, sizeof *times);
    state_put_array(out, "nodes", nodes, list->count, sizeof *nodes);
}

/* Of each when, when it was ordered, and how many nodes: below 0 those that were to leave. */
static void put_taken(struct state_text *out, const struct orders *orders)
{
    int64_t times[ORDERS_MAX];
    int64_t ordered[ORDERS_MAX];
    int64_t nodes[ORDERS_MAX];

    for (unsigned i = 0; i < orders->taken_count; i++) {
        const struct order_taken *taken = &orders->taken[i];
        times[i] = taken->time_ms;
        ordered[i] = taken->order.time_ms;
        nodes[i] = taken->arriving ? taken->order.nodes : -(int64_t)taken->order.nodes;
    }
    state_put_array(out, "taken-back", times, orders->taken_count, sizeof *times);
    state_put_array(out, "ordered", ordered, orders->taken_count, sizeof *ordered);
    state_put_array(out, "nodes", nodes, orders->taken_count, sizeof *nodes);
}

/* Those that a window can still hold, the oldest first. */
static void put_scale_ins(struct state_text *out, const struct scaler *scaler)
{
    int64_t times[SCALE_INS_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < SCALE_INS_MAX; i++) {
        int64_t time_ms = scaler->scale_in_ms[(scaler->scale_in_next + i) % SCALE_INS_MAX];
        if (time_ms != 0)
            times[count++] = time_ms;
    }
    state_put_array(out, "scale-ins", times, count, sizeof *times);
}

static void put_leads(struct state_text *out, const struct orders *orders)
{
    uint32_t leads[LEAD_TIMES_MAX];

    for (unsigned i = 0; i < orders->lead_count; i++)
        leads[i] = orders->lead_ms[(orders->lead_next + LEAD_TIMES_MAX - orders->lead_count + i) % LEAD_TIMES_MAX];
    state_put_array(out, "leads", leads, orders->lead_count, sizeof *leads);
}

static void put_overload(struct state_text *out, const struct overload *overload)
{
    state_put(out, "overload %d %u %u\n", overload->lasts, overload->live, overload->joined);
    state_put_array(out, "utilisation", &overload->utilisation, 1, sizeof overload->utilisation);
}

void state_add(struct state_text *out, const struct state_group *group)
{
    const struct scaler *scaler = group->scaler;
    const struct decision *said = &group->said;

    state_put(out, "group %s\n", group->name);
    if (group->has_said)
        state_put(out, "said %" PRId64 " %s %u %s %s\n", group->said_ms, action_names[said->action], said->desired,
                  rule_names[said->rule], guard_names[said->guard]);
    else
        state_put(out, "said " NOTHING "\n");
    state_put(out, "desired %u %s\n", scaler->desired, scaler->decided ? "decided" : "assumed");
    state_put(out, "tick %" PRId64 " %" PRId64 " %" PRId64 "\n", scaler->ticked_ms, scaler->tick_ms, scaler->lead_ms);
    put_orders(out, "arriving", &scaler->orders.arriving);
    put_orders(out, "leaving", &scaler->orders.leaving);
    put_taken(out, &scaler->orders);
    put_leads(out, &scaler->orders);
    put_scale_ins(out, scaler);
    put_overload(out, &scaler->overload);
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        put_history(out, resource_names[r], &scaler->demand[r]);
        trend_save(&scaler->trend[r], out);
    }
    put_history(out, recommendations_name, &scaler->recommendations);
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        if (scaler->predictor[r].stepped)
            predictor_save(&scaler->predictor[r], resource_names[r], out);
    state_put(out, "done\n");
    out->groups++;
}

int state_end(struct state_text *out)
{
    state_put(out, "end %u ", out->groups);
    if (out->rc == 0)
        state_put(out, "%016" PRIx64 "\n", state_sum(STATE_SUM_EMPTY, out->text, out->len));
    return out->rc;
}

/* ---- one group ---- */

static bool get_said(struct state_reader *reader, struct state_group *group)
{
    struct state_line line;
    unsigned action = 0;
    unsigned rule = 0;
    unsigned guard = 0;

    if (!state_get_line(&reader->cursor, &line) || strcmp(line.words[0], "said") != 0)
        return false;
    if (line.count == 2)
        return strcmp(line.words[1], NOTHING) == 0;
    if (line.count != 6 || !state_get_number(line.words[1], -STATE_MS_MAX, STATE_MS_MAX, &group->said_ms) ||
        !state_get_name(line.words[2], action_names, ACTION_DOWN + 1, &action) ||
        !state_get_unsigned(line.words[3], SIZING_NODES_MAX, &group->said.desired) ||
        !state_get_name(line.words[4], rule_names, RULE_BOUNDS + 1, &rule) ||
        !state_get_name(line.words[5], guard_names, GUARD_COUNT, &guard))
        return false;
    group->said.action = action;
    group->said.rule = rule;
    group->said.guard = guard;
    group->has_said = true;
    return true;
}

static bool get_desired(struct state_reader *reader, struct scaler *scaler)
{
    struct state_line line;

    if (!state_get_words(&reader->cursor, &line, "desired", 3) ||
        !state_get_unsigned(line.words[1], SIZING_NODES_MAX, &scaler->desired))
        return false;
    scaler->decided = strcmp(line.words[2], "decided") == 0;
    return scaler->decided || strcmp(line.words[2], "assumed") == 0;
}

static bool get_tick(struct state_reader *reader, struct scaler *scaler)
{
    struct state_line line;

    return state_get_words(&reader->cursor, &line, "tick", 4) &&
           state_get_number(line.words[1], -STATE_MS_MAX, STATE_MS_MAX, &scaler->ticked_ms) &&
           state_get_number(line.words[2], 0, TICK_MS_MAX, &scaler->tick_ms) &&
           state_get_number(line.words[3], 0, TICK_MS_MAX, &scaler->lead_ms);
}

/* Times in their order, the last one at latest_ms at the latest. */
static bool get_times(struct state_reader *reader, const char *name, int64_t latest_ms, int64_t *times, unsigned max,
                      unsigned *count)
{
    if (!state_get_array(&reader->cursor, name, times, max, sizeof *times, count))
        return false;
    for (unsigned i = 0; i < *count; i++)
        if (times[i] < (i > 0 ? times[i - 1] : -STATE_MS_MAX) || times[i] > latest_ms)
            return false;
    return true;
}

static bool get_orders(struct state_reader *reader, const char *name, int64_t latest_ms, struct order_list *list)
{
    int64_t times[ORDERS_MAX];
    unsigned nodes[ORDERS_MAX];
    unsigned count = 0;

    if (!get_times(reader, name, latest_ms, times, ORDERS_MAX, &list->count) ||
        !state_get_array(&reader->cursor, "nodes", nodes, ORDERS_MAX, sizeof *nodes, &count) || count != list->count)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (nodes[i] == 0 || nodes[i] > SIZING_NODES_MAX)
            return false;
        list->order[i] = (struct order){.time_ms = times[i], .nodes = nodes[i]};
    }
    return true;
}

static bool get_taken_back(struct state_reader *reader, int64_t latest_ms, struct orders *orders)
{
    int64_t times[ORDERS_MAX];
    int64_t ordered[ORDERS_MAX];
    int64_t nodes[ORDERS_MAX];
    unsigned count = 0;

    if (!get_times(reader, "taken-back", latest_ms, times, ORDERS_MAX, &orders->taken_count) ||
        !state_get_array(&reader->cursor, "ordered", ordered, ORDERS_MAX, sizeof *ordered, &count) ||
        count != orders->taken_count ||
        !state_get_array(&reader->cursor, "nodes", nodes, ORDERS_MAX, sizeof *nodes, &count) ||
        count != orders->taken_count)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (ordered[i] < -STATE_MS_MAX || ordered[i] > times[i] || nodes[i] == 0 || nodes[i] > SIZING_NODES_MAX ||
            nodes[i] < -(int64_t)SIZING_NODES_MAX)
            return false;
        orders->taken[i] = (struct order_taken){
            .order = {.time_ms = ordered[i], .nodes = (unsigned)(nodes[i] > 0 ? nodes[i] : -nodes[i])},
            .arriving = nodes[i] > 0,
            .time_ms = times[i],
        };
    }
    return true;
}

static bool get_leads(struct state_reader *reader, struct orders *orders)
{
    if (!state_get_array(&reader->cursor, "leads", orders->lead_ms, LEAD_TIMES_MAX, sizeof *orders->lead_ms,
                         &orders->lead_count))
        return false;
    orders->lead_next = orders->lead_count % LEAD_TIMES_MAX;
    return true;
}

static bool get_scale_ins(struct state_reader *reader, struct scaler *scaler)
{
    unsigned count = 0;

    if (!get_times(reader, "scale-ins", scaler->ticked_ms, scaler->scale_in_ms, SCALE_INS_MAX, &count))
        return false;
    scaler->scale_in_next = count % SCALE_INS_MAX;
    for (unsigned i = 0; i < count; i++)
        if (scaler->scale_in_ms[i] == 0)
            return false;
    return true;
}

static bool get_overload(struct state_reader *reader, struct overload *overload)
{
    struct state_line line;
    unsigned lasts = 0;
    unsigned count = 0;

    if (!state_get_words(&reader->cursor, &line, "overload", 4) || !state_get_unsigned(line.words[1], 1, &lasts) ||
        !state_get_unsigned(line.words[2], SIZING_NODES_MAX, &overload->live) ||
        !state_get_unsigned(line.words[3], UINT32_MAX, &overload->joined) ||
        !state_get_array(&reader->cursor, "utilisation", &overload->utilisation, 1, sizeof overload->utilisation,
                         &count))
        return false;
    overload->lasts = lasts == 1;
    return count == 1 && isfinite(overload->utilisation);
}

static bool get_since(const char *word, int64_t latest_ms, int64_t *since_ms)
{
    if (strcmp(word, NOTHING) != 0)
        return state_get_number(word, -STATE_MS_MAX, latest_ms, since_ms);
    *since_ms = HISTORY_NEVER;
    return true;
}

/* No value is negative. */
static bool get_history(struct state_reader *reader, const char *name, int64_t latest_ms, struct history *history)
{
    int64_t times[SCALER_TICKS_MAX];
    double values[SCALER_TICKS_MAX];
    struct state_line line;
    unsigned count = 0;
    unsigned same = 0;
    int64_t since_ms = 0;

    if (!state_get_words(&reader->cursor, &line, name, 2) || !get_since(line.words[1], latest_ms, &since_ms) ||
        !get_times(reader, "times", latest_ms, times, history->capacity, &count) ||
        !state_get_array(&reader->cursor, "values", values, history->capacity, sizeof *values, &same) || same != count)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (!(values[i] >= 0.0) || !isfinite(values[i]))
            return false;
        history_push(history, times[i], values[i]);
    }
    history->since_ms = since_ms;
    return true;
}

static bool are_counts(const struct history *recommendations)
{
    for (unsigned age = 0; age < recommendations->count; age++) {
        double value = history_at(recommendations, age)->value;
        if (value > SIZING_NODES_MAX || value != floor(value))
            return false;
    }
    return true;
}

/* Whether the next line begins with the word. */
static bool comes(const struct state_reader *reader, const char *word)
{
    size_t len = strlen(word);

    return (size_t)(reader->cursor.end - reader->cursor.at) > len && memcmp(reader->cursor.at, word, len) == 0;
}

static bool get_predictors(struct state_reader *reader, struct scaler *scaler)
{
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        char head[STATE_LINE_MAX];
        snprintf(head, sizeof head, "predictor %s ", resource_names[r]);
        if (comes(reader, head) &&
            !predictor_load(&scaler->predictor[r], resource_names[r], scaler->ticked_ms, &reader->cursor))
            return false;
    }
    return true;
}

static bool get_scaler(struct state_reader *reader, struct scaler *scaler)
{
    struct state_line line;

    if (!get_desired(reader, scaler) || !get_tick(reader, scaler) ||
        !get_orders(reader, "arriving", scaler->ticked_ms, &scaler->orders.arriving) ||
        !get_orders(reader, "leaving", scaler->ticked_ms, &scaler->orders.leaving) ||
        !get_taken_back(reader, scaler->ticked_ms, &scaler->orders) || !get_leads(reader, &scaler->orders) ||
        !get_scale_ins(reader, scaler) || !get_overload(reader, &scaler->overload))
        return false;
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        if (!get_history(reader, resource_names[r], scaler->ticked_ms, &scaler->demand[r]) ||
            !trend_load(&scaler->trend[r], &scaler->demand[r], &reader->cursor))
            return false;
    return get_history(reader, recommendations_name, scaler->ticked_ms, &scaler->recommendations) &&
           are_counts(&scaler->recommendations) && get_predictors(reader, scaler) &&
           state_get_words(&reader->cursor, &line, "done", 1);
}

static bool get_group(struct state_reader *reader, struct state_group *group)
{
    struct state_line line;

    if (!state_get_words(&reader->cursor, &line, "group", 2) || !parse_name_ok(line.words[1], strlen(line.words[1])))
        return false;
    memcpy(group->name, line.words[1], strlen(line.words[1]) + 1);
    return get_said(reader, group) && get_scaler(reader, group->scaler);
}

/* ---- from its time to ours ---- */

static void shift_history(struct history *history, int64_t shift_ms, int64_t now_ms)
{
    for (unsigned i = 0; i < history->capacity; i++)
        history->points[i].time_ms += shift_ms;
    if (history->since_ms != HISTORY_NEVER)
        history->since_ms += shift_ms;
    history_forget(history, now_ms - AGE_MS_MAX);
}

static bool is_of_effect(int64_t time_ms, int64_t now_ms)
{
    return time_ms <= now_ms && time_ms >= now_ms - AGE_MS_MAX;
}

static void shift_orders(struct scaler *scaler, int64_t shift_ms)
{
    for (unsigned i = 0; i < scaler->orders.arriving.count; i++)
        scaler->orders.arriving.order[i].time_ms += shift_ms;
    for (unsigned i = 0; i < scaler->orders.leaving.count; i++)
        scaler->orders.leaving.order[i].time_ms += shift_ms;
    for (unsigned i = 0; i < scaler->orders.taken_count; i++) {
        scaler->orders.taken[i].time_ms += shift_ms;
        scaler->orders.taken[i].order.time_ms += shift_ms;
    }
    for (unsigned i = 0; i < SCALE_INS_MAX; i++)
        if (scaler->scale_in_ms[i] != 0)
            scaler->scale_in_ms[i] += shift_ms;
}

static void shift_scaler(struct scaler *scaler, int64_t shift_ms, int64_t now_ms)
{
    scaler->ticked_ms += shift_ms;
    shift_orders(scaler, shift_ms);
    shift_history(&scaler->recommendations, shift_ms, now_ms);
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        shift_history(&scaler->demand[r], shift_ms, now_ms);
        scaler->trend[r].centre_ms += shift_ms;
        if (scaler->trend[r].n > scaler->demand[r].count)
            scaler->trend[r] = (struct trend){0};
        if (scaler->predictor[r].stepped)
            predictor_shift(&scaler->predictor[r], shift_ms);
    }
}

/* Only the count is of use. */
static void forget(struct scaler *scaler)
{
    unsigned desired = scaler->desired;

    scaler_clear(scaler);
    scaler->desired = desired;
}

static void shift_group(struct state_group *group, int64_t shift_ms, int64_t now_ms)
{
    struct scaler *scaler = group->scaler;

    if (scaler->tick_ms > 0 && is_of_effect(scaler->ticked_ms + shift_ms, now_ms))
        shift_scaler(scaler, shift_ms, now_ms);
    else
        forget(scaler);
    group->said_ms += shift_ms;
    group->has_said = group->has_said && is_of_effect(group->said_ms, now_ms);
}

/* ---- reading ---- */

/* Takes the last line, if it is an end that fits to what is before it. */
static bool get_end(const char *text, size_t len, struct state_reader *reader)
{
    char sum[CHECKSUM_LEN + 2];
    struct state_line line;

    if (len <= CHECKSUM_LEN + 1 || text[len - 1] != '\n')
        return false;
    size_t body = len - CHECKSUM_LEN - 1;
    snprintf(sum, sizeof sum, "%016" PRIx64 "\n", state_sum(STATE_SUM_EMPTY, text, body));
    if (memcmp(text + body, sum, CHECKSUM_LEN + 1) != 0)
        return false;
    const char *before = memrchr(text, '\n', len - 1);
    if (before == NULL)
        return false;
    reader->cursor.end = before + 1;
    struct state_cursor last = {.at = reader->cursor.end, .end = text + len};
    return state_get_words(&last, &line, "end", 3) && state_get_unsigned(line.words[1], GROUPS_MAX, &reader->left);
}

static bool get_taken(struct state_reader *reader)
{
    struct state_line line;

    if (!state_get_words(&reader->cursor, &line, "taken", 4) || line.words[1][0] == '\0' ||
        strlen(line.words[1]) > STATE_BOOT_LEN_MAX)
        return false;
    memcpy(reader->taken.boot, line.words[1], strlen(line.words[1]) + 1);
    return state_get_number(line.words[2], -STATE_MS_MAX, STATE_MS_MAX, &reader->taken.mono_ms) &&
           state_get_number(line.words[3], -STATE_MS_MAX, STATE_MS_MAX, &reader->taken.wall_ms);
}

static int check_version(const char **at, const char *end)
{
    static const char first_line[] = TITLE VERSION "\n";
    size_t len = (size_t)(end - *at);

    if (len < sizeof first_line - 1 || memcmp(*at, TITLE, sizeof TITLE - 1) != 0)
        return -EBADMSG;
    if (memcmp(*at, first_line, sizeof first_line - 1) != 0)
        return -ENOTSUP;
    *at += sizeof first_line - 1;
    return 0;
}

int state_open(struct state_reader *reader, const char *text, size_t len, const struct state_moment *now)
{
    struct state_reader opened = {.cursor = {.at = text}, .now_ms = now->mono_ms};

    int rc = check_version(&opened.cursor.at, text + len);
    if (rc < 0)
        return rc;
    if (!get_end(text, len, &opened) || opened.cursor.at > opened.cursor.end || !get_taken(&opened))
        return -EBADMSG;
    if (strcmp(opened.taken.boot, now->boot) != 0)
        opened.shift_ms = (now->mono_ms - now->wall_ms) - (opened.taken.mono_ms - opened.taken.wall_ms);
    *reader = opened;
    return 0;
}

int state_next(struct state_reader *reader, struct state_group *group)
{
    struct state_group next = {.has_said = false};

    if (reader->left == 0)
        return reader->cursor.at == reader->cursor.end ? 0 : -EBADMSG;
    next.scaler = scaler_new();
    if (next.scaler == NULL)
        return -ENOMEM;
    if (!get_group(reader, &next)) {
        scaler_free(next.scaler);
        return -EBADMSG;
    }
    reader->left--;
    shift_group(&next, reader->shift_ms, reader->now_ms);
    *group = next;
    return 1;
}
