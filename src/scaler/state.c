#include "scaler/state.h"

#include "common/hash.h"
#include "common/parse.h"
#include "scaler/app_state.h"
#include "scaler/group_signals_state.h"
#include "scaler/helping_state.h"
#include "scaler/history_state.h"
#include "scaler/inherit.h"
#include "scaler/intentions_state.h"
#include "scaler/orders_state.h"
#include "scaler/predictor_state.h"
#include "scaler/regrouped_state.h"
#include "scaler/scaler.h"
#include "scaler/scaler_memory.h"
#include "scaler/sizing.h"
#include "scaler/trend_state.h"
#include "scaler/undone_state.h"
#include "scaler/unmet_state.h"
#include "scaler/unordered_state.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TITLE        "headroom-scaler-state "
#define VERSION      "4"
#define VERSION_OLD  "3" /* of 0.1 */
#define CHECKSUM_LEN 16U
#define TICK_MS_MAX  INT64_C(86400000)
#define AGE_MS_MAX   TICK_MS_MAX     /* no stabilization window is longer */
#define FRESH_MS     INT64_C(120000) /* an older desired count is assumed: later ones may have been lost */
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

/* Oldest first. */
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
    state_put(out, "orders %" PRIu64 " %" PRIu64 " %" PRId64 "\n", scaler->epoch, scaler->ordered, scaler->stated_ms);
    unordered_save(&scaler->unordered, out);
    intentions_save(scaler, out);
    orders_save(&scaler->orders, out);
    put_scale_ins(out, scaler);
    put_overload(out, &scaler->overload);
    helping_save(&scaler->helping, out);
    undone_save(&scaler->undone, out);
    unmet_save(&scaler->unmet, out);
    for (unsigned r = 0; r < RESOURCE_APP; r++) {
        history_save_whole(&scaler->demand[r], resource_names[r], out);
        trend_save(&scaler->trend[r], out);
    }
    history_save_whole(&scaler->recommendations, recommendations_name, out);
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++)
        if (scaler->predictor[r].stepped)
            predictor_save(&scaler->predictor[r], resource_names[r], out);
    app_state_save(scaler, out);
    group_signals_save(scaler, out);
    regrouped_save(&scaler->regrouped, out);
    state_put(out, "done\n");
    out->groups++;
}

int state_end(struct state_text *out)
{
    state_put(out, "end %u ", out->groups);
    if (out->rc == 0)
        state_put(out, "%016" PRIx64 "\n", hash_fnv1a(hash_fnv1a_begin(), out->text, out->len));
    return out->rc;
}

/* ---- one group ---- */

/* Version 3 had other words for two of the guards. */
static bool get_guard(const char *word, unsigned version, unsigned *guard)
{
    if (version == 3 && strcmp(word, "starting") == 0)
        word = guard_names[GUARD_ROLL_CALL];
    else if (version == 3 && strcmp(word, "silent-nodes") == 0)
        word = guard_names[GUARD_MISSING_NODES];
    return state_get_name(word, guard_names, GUARD_COUNT, guard);
}

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
        !state_get_name(line.words[4], rule_names, RULE_COUNT, &rule) ||
        !get_guard(line.words[5], reader->version, &guard))
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

static bool get_time(const char *word, const struct scaler *scaler, int64_t *time_ms)
{
    return state_get_number(word, -STATE_MS_MAX, scaler->ticked_ms > 0 ? scaler->ticked_ms : 0, time_ms);
}

static bool get_ordered(struct state_reader *reader, struct scaler *scaler)
{
    struct state_line line;
    int64_t epoch = 0;
    int64_t number = 0;

    if (!state_get_words(&reader->cursor, &line, "orders", 4) ||
        !state_get_number(line.words[1], 0, STATE_MS_MAX, &epoch) ||
        !state_get_number(line.words[2], 0, STATE_MS_MAX, &number) ||
        !get_time(line.words[3], scaler, &scaler->stated_ms))
        return false;
    scaler->epoch = (uint64_t)epoch;
    scaler->ordered = (uint64_t)number;
    return true;
}

/* In order, none after the last tick; 0 marks an unused place and is not allowed. */
static bool get_scale_ins(struct state_reader *reader, struct scaler *scaler)
{
    unsigned count = 0;

    if (!state_get_times(&reader->cursor, "scale-ins", scaler->ticked_ms, scaler->scale_in_ms, SCALE_INS_MAX, &count))
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

    if (!state_get_words(&reader->cursor, &line, "overload", 4) || !state_get_unsigned(line.words[1], 1, &lasts) ||
        !state_get_unsigned(line.words[2], SIZING_NODES_MAX, &overload->live) ||
        !state_get_unsigned(line.words[3], UINT32_MAX, &overload->joined))
        return false;
    overload->lasts = lasts == 1;
    return state_get_doubles(&reader->cursor, "utilisation", &overload->utilisation, 1);
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

static bool get_predictors(struct state_reader *reader, struct scaler *scaler)
{
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        char head[STATE_LINE_MAX];
        snprintf(head, sizeof head, "predictor %s ", resource_names[r]);
        if (state_comes(&reader->cursor, head) &&
            !predictor_load(&scaler->predictor[r], resource_names[r], scaler->ticked_ms, &reader->cursor))
            return false;
    }
    return true;
}

static bool get_scaler(struct state_reader *reader, struct scaler *scaler)
{
    struct state_line line;
    bool old = reader->version == 3;

    if (!get_desired(reader, scaler) || !get_tick(reader, scaler) ||
        (!old &&
         (!get_ordered(reader, scaler) || !unordered_load(&scaler->unordered, scaler->ticked_ms, &reader->cursor) ||
          !intentions_load(scaler, &reader->cursor))) ||
        !orders_load(&scaler->orders, scaler->ticked_ms, reader->version, &reader->cursor) ||
        !get_scale_ins(reader, scaler) || !get_overload(reader, &scaler->overload) ||
        (!old && (!helping_load(&scaler->helping, scaler->ticked_ms, &reader->cursor) ||
                  !undone_load(&scaler->undone, scaler->ticked_ms, &reader->cursor) ||
                  !unmet_load(&scaler->unmet, scaler->ticked_ms, &reader->cursor))))
        return false;
    for (unsigned r = 0; r < RESOURCE_APP; r++)
        if (!history_load_whole(&scaler->demand[r], resource_names[r], scaler->ticked_ms, &reader->cursor) ||
            !trend_load(&scaler->trend[r], &scaler->demand[r], &reader->cursor))
            return false;
    return history_load_whole(&scaler->recommendations, recommendations_name, scaler->ticked_ms, &reader->cursor) &&
           are_counts(&scaler->recommendations) && get_predictors(reader, scaler) &&
           app_state_load(scaler, &reader->cursor) && group_signals_load(scaler, &reader->cursor) &&
           regrouped_load(&scaler->regrouped, scaler->ticked_ms, &reader->cursor) &&
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

/* ---- from the times of the text to the present clock ---- */

static void shift_and_forget(struct history *history, int64_t shift_ms, int64_t now_ms)
{
    history_shift(history, shift_ms);
    history_forget(history, now_ms - AGE_MS_MAX);
}

static bool is_of_effect(int64_t time_ms, int64_t now_ms)
{
    return time_ms <= now_ms && time_ms >= now_ms - AGE_MS_MAX;
}

static void shift_scale_ins(struct scaler *scaler, int64_t shift_ms)
{
    for (unsigned i = 0; i < SCALE_INS_MAX; i++)
        if (scaler->scale_in_ms[i] != 0)
            scaler->scale_in_ms[i] += shift_ms;
}

static void shift(int64_t *time_ms, int64_t shift_ms)
{
    if (*time_ms != 0)
        *time_ms += shift_ms;
}

static void shift_scaler(struct scaler *scaler, int64_t shift_ms, int64_t now_ms)
{
    scaler->ticked_ms += shift_ms;
    orders_shift(&scaler->orders, shift_ms);
    shift_scale_ins(scaler, shift_ms);
    shift(&scaler->stated_ms, shift_ms);
    unordered_shift(&scaler->unordered, shift_ms);
    intentions_shift(scaler, shift_ms);
    helping_shift(&scaler->helping, shift_ms);
    undone_shift(&scaler->undone, shift_ms);
    unmet_shift(&scaler->unmet, shift_ms);
    regrouped_shift(&scaler->regrouped, shift_ms);
    group_signals_shift(&scaler->signals, shift_ms);
    shift_and_forget(&scaler->recommendations, shift_ms, now_ms);
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        shift_and_forget(&scaler->demand[r], shift_ms, now_ms);
        scaler->trend[r].centre_ms += shift_ms;
        if (scaler->trend[r].n > scaler->demand[r].count)
            scaler->trend[r] = (struct trend){0};
        if (scaler->predictor[r].stepped)
            predictor_shift(&scaler->predictor[r], shift_ms);
    }
}

/* Keeps only the desired count, whether all nodes were moved away, and the epoch of the orders' ids. */
static void forget(struct scaler *scaler)
{
    unsigned desired = scaler->desired;
    uint64_t epoch = scaler->epoch;
    bool is_emptied = scaler->regrouped.is_emptied;

    scaler_clear(scaler);
    scaler->regrouped.is_emptied = is_emptied;
    scaler->desired = desired;
    scaler->epoch = epoch;
}

static void shift_group(struct state_group *group, int64_t shift_ms, int64_t now_ms)
{
    struct scaler *scaler = group->scaler;

    if (scaler->tick_ms > 0 && is_of_effect(scaler->ticked_ms + shift_ms, now_ms))
        shift_scaler(scaler, shift_ms, now_ms);
    else
        forget(scaler);
    if (now_ms - scaler->ticked_ms > FRESH_MS)
        scaler->decided = false;
    group->is_inherited = inherit_is_unused(scaler);
    group->said_ms += shift_ms;
    group->has_said = group->has_said && is_of_effect(group->said_ms, now_ms);
}

/* ---- reading ---- */

/* Takes the last line off the text, if it is an end whose checksum matches. */
static bool get_end(const char *text, size_t len, struct state_reader *reader)
{
    char sum[CHECKSUM_LEN + 2];
    struct state_line line;

    if (len <= CHECKSUM_LEN + 1 || text[len - 1] != '\n')
        return false;
    size_t body = len - CHECKSUM_LEN - 1;
    snprintf(sum, sizeof sum, "%016" PRIx64 "\n", hash_fnv1a(hash_fnv1a_begin(), text, body));
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

/* The version that the text begins with, or a negative errno. */
static int get_version(const char **at, const char *end)
{
    static const char title[] = TITLE;
    static const char present[] = VERSION "\n";
    static const char old[] = VERSION_OLD "\n";
    size_t len = (size_t)(end - *at);

    if (len < sizeof title - 1 + sizeof present - 1 || memcmp(*at, title, sizeof title - 1) != 0)
        return -EBADMSG;
    *at += sizeof title - 1;
    bool is_present = memcmp(*at, present, sizeof present - 1) == 0;
    if (!is_present && memcmp(*at, old, sizeof old - 1) != 0)
        return -ENOTSUP;
    *at += sizeof present - 1;
    return is_present ? 4 : 3;
}

int state_open(struct state_reader *reader, const char *text, size_t len, const struct state_moment *now)
{
    struct state_reader opened = {.cursor = {.at = text}, .now_ms = now->mono_ms};
    int version = get_version(&opened.cursor.at, text + len);
    if (version < 0)
        return version;
    opened.version = (unsigned)version;
    if (!get_end(text, len, &opened) || opened.cursor.at > opened.cursor.end || !get_taken(&opened))
        return -EBADMSG;
    if (strcmp(opened.taken.boot, now->boot) != 0)
        opened.shift_ms = (now->mono_ms - now->wall_ms) - (opened.taken.mono_ms - opened.taken.wall_ms);
    *reader = opened;
    return 0;
}

bool state_next_node(struct state_reader *reader, struct state_line *line)
{
    return state_comes(&reader->cursor, "node ") && state_get_line(&reader->cursor, line);
}

int state_next(struct state_reader *reader, struct state_group *group)
{
    struct state_group next = {.has_said = false};
    struct state_line line;

    while (state_next_node(reader, &line))
        continue;
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
