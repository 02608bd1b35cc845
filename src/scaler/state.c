#include "scaler/state.h"

#include "common/parse.h"
#include "scaler/group.h"
#include "scaler/memory.h"
#include "scaler/policy.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TITLE        "headroom-scaler-state "
#define VERSION      "1"
#define LINE_MAX_LEN 256U /* the longest has a group's name */
#define WORDS_MAX    6U
#define SIZE_FIRST   4096U
#define CHECKSUM_LEN 16U
#define MS_MAX       INT64_C(1000000000000000) /* of any clock: sums of a few of them are no overflow */
#define TICK_MS_MAX  INT64_C(86400000)
#define AGE_MS_MAX   INT64_C(86400000) /* no window is longer */
#define NOTHING      "-"

static const char recommendations_name[] = "recommendations";

uint64_t state_checksum(const char *text, size_t len)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < len; i++)
        sum = (sum ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return sum;
}

/* ---- writing ---- */

static int make_room(struct state_text *out)
{
    size_t size = 2 * out->size < SIZE_FIRST ? SIZE_FIRST : 2 * out->size;

    if (out->size - out->len >= LINE_MAX_LEN)
        return 0;
    if (size > STATE_LEN_MAX)
        size = STATE_LEN_MAX;
    if (size < out->len + LINE_MAX_LEN)
        return -EFBIG;
    char *larger = realloc(out->text, size);
    if (larger == NULL)
        return -ENOMEM;
    out->text = larger;
    out->size = size;
    return 0;
}

/* Adds a line, or a part of one; after an error nothing more. */
__attribute__((format(printf, 2, 3))) static void put(struct state_text *out, const char *format, ...)
{
    va_list args;

    if (out->rc == 0)
        out->rc = make_room(out);
    if (out->rc < 0)
        return;
    va_start(args, format);
    out->len += (size_t)vsnprintf(out->text + out->len, out->size - out->len, format, args);
    va_end(args);
}

void state_begin(struct state_text *out, const struct state_moment *taken)
{
    out->len = 0;
    out->groups = 0;
    out->rc = 0;
    put(out, TITLE VERSION "\ntaken %s %" PRId64 " %" PRId64 "\n", taken->boot, taken->mono_ms, taken->wall_ms);
}

static void put_history(struct state_text *out, const char *name, const struct history *history)
{
    if (history->since_ms == HISTORY_NEVER)
        put(out, "%s %u " NOTHING "\n", name, history->count);
    else
        put(out, "%s %u %" PRId64 "\n", name, history->count, history->since_ms);
    for (unsigned age = history->count; age-- > 0;) {
        const struct history_point *point = history_at(history, age);
        put(out, "%" PRId64 " %.17g\n", point->time_ms, point->value);
    }
}

void state_add(struct state_text *out, const struct state_group *group)
{
    const struct scaler *scaler = group->scaler;
    const struct decision *said = &group->said;

    put(out, "group %s\n", group->name);
    if (group->has_said)
        put(out, "said %" PRId64 " %s %u %s %s\n", group->said_ms, action_names[said->action], said->desired,
            rule_names[said->rule], guard_names[said->guard]);
    else
        put(out, "said " NOTHING "\n");
    put(out, "desired %u %s\n", scaler->desired, scaler->decided ? "decided" : "assumed");
    put(out, "tick %" PRId64 " %" PRId64 "\n", scaler->ticked_ms, scaler->tick_ms);
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        put_history(out, resource_names[r], &scaler->demand[r]);
    put_history(out, recommendations_name, &scaler->recommendations);
    out->groups++;
}

int state_end(struct state_text *out)
{
    put(out, "end %u ", out->groups);
    if (out->rc == 0)
        put(out, "%016" PRIx64 "\n", state_checksum(out->text, out->len));
    return out->rc;
}

/* ---- words ---- */

/* The next line, in words. */
struct line {
    char text[LINE_MAX_LEN];
    char *words[WORDS_MAX];
    unsigned count;
};

static bool get_line(const char **at, const char *end, struct line *line)
{
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));

    if (newline == NULL || newline - *at >= (ptrdiff_t)sizeof line->text)
        return false;
    size_t len = (size_t)(newline - *at);
    if (memchr(*at, '\0', len) != NULL)
        return false;
    memcpy(line->text, *at, len);
    line->text[len] = '\0';
    *at = newline + 1;

    char *rest = line->text;
    for (line->count = 0; rest != NULL; line->count++) {
        if (line->count == WORDS_MAX)
            return false;
        line->words[line->count] = strsep(&rest, " ");
    }
    return true;
}

static bool get_words(struct state_reader *reader, struct line *line, const char *first, unsigned count)
{
    return get_line(&reader->at, reader->end, line) && line->count == count && strcmp(line->words[0], first) == 0;
}

/* One way to write a number: what was read is written again and compared. */
static bool get_number(const char *word, int64_t min, int64_t max, int64_t *number)
{
    char again[LINE_MAX_LEN];

    *number = strtoll(word, NULL, 10);
    snprintf(again, sizeof again, "%" PRId64, *number);
    return strcmp(word, again) == 0 && *number >= min && *number <= max;
}

static bool get_unsigned(const char *word, unsigned max, unsigned *number)
{
    int64_t wide = 0;

    if (!get_number(word, 0, max, &wide))
        return false;
    *number = (unsigned)wide;
    return true;
}

static bool get_double(const char *word, double *number)
{
    char again[LINE_MAX_LEN];

    *number = strtod(word, NULL);
    snprintf(again, sizeof again, "%.17g", *number);
    return strcmp(word, again) == 0 && isfinite(*number);
}

static bool get_name(const char *word, const char *const *names, unsigned count, unsigned *index)
{
    for (*index = 0; *index < count; ++*index)
        if (strcmp(word, names[*index]) == 0)
            return true;
    return false;
}

/* ---- one group ---- */

static bool get_said(struct state_reader *reader, struct state_group *group)
{
    struct line line;
    unsigned action = 0;
    unsigned rule = 0;
    unsigned guard = 0;

    if (!get_line(&reader->at, reader->end, &line) || strcmp(line.words[0], "said") != 0)
        return false;
    if (line.count == 2)
        return strcmp(line.words[1], NOTHING) == 0;
    if (line.count != 6 || !get_number(line.words[1], -MS_MAX, MS_MAX, &group->said_ms) ||
        !get_name(line.words[2], action_names, ACTION_DOWN + 1, &action) ||
        !get_unsigned(line.words[3], POLICY_NODES_MAX, &group->said.desired) ||
        !get_name(line.words[4], rule_names, RULE_BOUNDS + 1, &rule) ||
        !get_name(line.words[5], guard_names, GUARD_MAXIMUM + 1, &guard))
        return false;
    group->said.action = action;
    group->said.rule = rule;
    group->said.guard = guard;
    group->has_said = true;
    return true;
}

static bool get_desired(struct state_reader *reader, struct scaler *scaler)
{
    struct line line;

    if (!get_words(reader, &line, "desired", 3) || !get_unsigned(line.words[1], POLICY_NODES_MAX, &scaler->desired))
        return false;
    scaler->decided = strcmp(line.words[2], "decided") == 0;
    return scaler->decided || strcmp(line.words[2], "assumed") == 0;
}

static bool get_tick(struct state_reader *reader, struct scaler *scaler)
{
    struct line line;

    return get_words(reader, &line, "tick", 3) && get_number(line.words[1], -MS_MAX, MS_MAX, &scaler->ticked_ms) &&
           get_number(line.words[2], 0, TICK_MS_MAX, &scaler->tick_ms);
}

static bool get_since(const char *word, int64_t latest_ms, int64_t *since_ms)
{
    if (strcmp(word, NOTHING) != 0)
        return get_number(word, -MS_MAX, latest_ms, since_ms);
    *since_ms = HISTORY_NEVER;
    return true;
}

/* No value is negative. Points come in their order, the last one at latest_ms at the latest. */
static bool get_history(struct state_reader *reader, const char *name, int64_t latest_ms, struct history *history)
{
    struct line line;
    unsigned count = 0;
    int64_t since_ms = 0;
    int64_t time_ms = -MS_MAX;
    double value = 0.0;

    if (!get_words(reader, &line, name, 3) || !get_unsigned(line.words[1], history->capacity, &count) ||
        !get_since(line.words[2], latest_ms, &since_ms))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (!get_line(&reader->at, reader->end, &line) || line.count != 2 ||
            !get_number(line.words[0], time_ms, latest_ms, &time_ms) || !get_double(line.words[1], &value) ||
            value < 0.0)
            return false;
        history_push(history, time_ms, value);
    }
    history->since_ms = since_ms;
    return true;
}

static bool are_counts(const struct history *recommendations)
{
    for (unsigned age = 0; age < recommendations->count; age++) {
        double value = history_at(recommendations, age)->value;
        if (value > POLICY_NODES_MAX || value != floor(value))
            return false;
    }
    return true;
}

static bool get_scaler(struct state_reader *reader, struct scaler *scaler)
{
    if (!get_desired(reader, scaler) || !get_tick(reader, scaler))
        return false;
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        if (!get_history(reader, resource_names[r], scaler->ticked_ms, &scaler->demand[r]))
            return false;
    return get_history(reader, recommendations_name, scaler->ticked_ms, &scaler->recommendations) &&
           are_counts(&scaler->recommendations);
}

static bool get_group(struct state_reader *reader, struct state_group *group)
{
    struct line line;

    if (!get_words(reader, &line, "group", 2) || !parse_name_ok(line.words[1], strlen(line.words[1])))
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

static void clear_history(struct history *history)
{
    history_init(history, history->points, history->capacity);
}

static bool is_of_effect(int64_t time_ms, int64_t now_ms)
{
    return time_ms <= now_ms && time_ms >= now_ms - AGE_MS_MAX;
}

static void shift_group(struct state_group *group, int64_t shift_ms, int64_t now_ms)
{
    struct scaler *scaler = group->scaler;
    bool known = scaler->tick_ms > 0 && is_of_effect(scaler->ticked_ms + shift_ms, now_ms);

    scaler->decided = scaler->decided && known;
    scaler->ticked_ms = known ? scaler->ticked_ms + shift_ms : 0;
    scaler->tick_ms = known ? scaler->tick_ms : 0;
    for (unsigned r = 0; r <= RESOURCE_COUNT; r++) {
        struct history *history = r < RESOURCE_COUNT ? &scaler->demand[r] : &scaler->recommendations;
        if (known)
            shift_history(history, shift_ms, now_ms);
        else
            clear_history(history);
    }
    group->said_ms += shift_ms;
    group->has_said = group->has_said && is_of_effect(group->said_ms, now_ms);
}

/* ---- reading ---- */

/* Takes the last line, if it is an end that fits to what is before it. */
static bool get_end(const char *text, size_t len, struct state_reader *reader)
{
    char sum[CHECKSUM_LEN + 2];
    struct line line;

    if (len <= CHECKSUM_LEN + 1 || text[len - 1] != '\n')
        return false;
    size_t body = len - CHECKSUM_LEN - 1;
    snprintf(sum, sizeof sum, "%016" PRIx64 "\n", state_checksum(text, body));
    if (memcmp(text + body, sum, CHECKSUM_LEN + 1) != 0)
        return false;
    const char *before = memrchr(text, '\n', len - 1);
    if (before == NULL)
        return false;
    reader->end = before + 1;
    const char *at = reader->end;
    return get_line(&at, text + len, &line) && line.count == 3 && strcmp(line.words[0], "end") == 0 &&
           get_unsigned(line.words[1], GROUPS_MAX, &reader->left);
}

static bool get_taken(struct state_reader *reader)
{
    struct line line;

    if (!get_words(reader, &line, "taken", 4) || line.words[1][0] == '\0' || strlen(line.words[1]) > STATE_BOOT_LEN_MAX)
        return false;
    memcpy(reader->taken.boot, line.words[1], strlen(line.words[1]) + 1);
    return get_number(line.words[2], -MS_MAX, MS_MAX, &reader->taken.mono_ms) &&
           get_number(line.words[3], -MS_MAX, MS_MAX, &reader->taken.wall_ms);
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
    struct state_reader opened = {.at = text, .now_ms = now->mono_ms};

    int rc = check_version(&opened.at, text + len);
    if (rc < 0)
        return rc;
    if (!get_end(text, len, &opened) || opened.at > opened.end || !get_taken(&opened))
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
        return reader->at == reader->end ? 0 : -EBADMSG;
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
