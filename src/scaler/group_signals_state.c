#include "scaler/group_signals_state.h"

#include "common/limits.h"
#include "common/parse.h"
#include "scaler/history_state.h"
#include "scaler/predictor_state.h"
#include "scaler/scaler_memory.h"
#include "scaler/sizing.h"
#include "scaler/trend_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char signal_name[] = "signal";
static const char undone_name[] = "signal-undone";
static const char demand_name[] = "signal-demand";
static const char nodes_name[] = "signal-nodes";
static const char lives_name[] = "signal-lives";

/* ---- one signal ---- */

/* "signal 0 web-requests 12 81110000": its place and name, and the last vote of a limit with its time. */
static void save_place(const struct scaler *scaler, unsigned place, struct state_text *out)
{
    enum resource r = RESOURCE_SIGNAL_0 + place;
    const char *name = scaler->signal_names[place];
    const struct group_signals_step *step = &scaler->signals.step[place];

    if (name[0] == '\0')
        return;
    state_put(out, "%s %u %s %u %" PRId64 "\n", signal_name, place, name, step->vote, step->time_ms);
    state_put_array(out, undone_name, &scaler->undone.demand[r], 1, sizeof scaler->undone.demand[r]);
    history_save_whole(&scaler->demand[r], demand_name, out);
    trend_save(&scaler->trend[r], out);
    if (scaler->predictor[r].stepped)
        predictor_save(&scaler->predictor[r], name, out);
}

static bool load_predictor(struct scaler *scaler, enum resource r, const char *name, struct state_cursor *cursor)
{
    char head[STATE_LINE_MAX];

    snprintf(head, sizeof head, "predictor %s ", name);
    return !state_comes(cursor, head) || predictor_load(&scaler->predictor[r], name, scaler->ticked_ms, cursor);
}

static bool is_name(const char *word)
{
    return strlen(word) <= SIGNAL_NAME_LEN_MAX && parse_name_ok(word, strlen(word));
}

/* The places come in order. */
static bool load_place(struct scaler *scaler, unsigned least, unsigned *place, struct state_cursor *cursor)
{
    int64_t latest_ms = scaler->ticked_ms > 0 ? scaler->ticked_ms : 0;
    struct group_signals_step step;
    struct state_line line;

    if (!state_get_words(cursor, &line, signal_name, 5) ||
        !state_get_unsigned(line.words[1], SIGNALS_OF_GROUP_MAX - 1, place) || *place < least ||
        !is_name(line.words[2]) || !state_get_unsigned(line.words[3], SIZING_NODES_MAX, &step.vote) ||
        !state_get_number(line.words[4], -STATE_MS_MAX, latest_ms, &step.time_ms))
        return false;
    enum resource r = RESOURCE_SIGNAL_0 + *place;
    scaler->signals.step[*place] = step;
    memcpy(scaler->signal_names[*place], line.words[2], strlen(line.words[2]) + 1);
    return state_get_doubles(cursor, undone_name, &scaler->undone.demand[r], 1) &&
           history_load_whole(&scaler->demand[r], demand_name, scaler->ticked_ms, cursor) &&
           trend_load(&scaler->trend[r], &scaler->demand[r], cursor) &&
           load_predictor(scaler, r, scaler->signal_names[*place], cursor);
}

/* ---- all of a group ---- */

void group_signals_save(const struct scaler *scaler, struct state_text *out)
{
    const struct group_signals *signals = &scaler->signals;

    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        save_place(scaler, i, out);
    if (signals->has_nodes)
        state_put(out, "%s %u\n", nodes_name, signals->nodes);
    if (signals->lives.count > 0)
        history_save_whole(&signals->lives, lives_name, out);
}

static bool load_nodes(struct group_signals *signals, struct state_cursor *cursor)
{
    struct state_line line;

    signals->has_nodes = true;
    return state_get_words(cursor, &line, nodes_name, 2) &&
           state_get_unsigned(line.words[1], NODES_MAX, &signals->nodes);
}

bool group_signals_load(struct scaler *scaler, struct state_cursor *cursor)
{
    struct group_signals *signals = &scaler->signals;
    unsigned least = 0;
    unsigned place = 0;

    for (; state_comes(cursor, "signal "); least = place + 1)
        if (!load_place(scaler, least, &place, cursor))
            return false;
    if (state_comes(cursor, nodes_name) && !load_nodes(signals, cursor))
        return false;
    return !state_comes(cursor, lives_name) ||
           history_load_whole(&signals->lives, lives_name, scaler->ticked_ms, cursor);
}

void group_signals_shift(struct group_signals *signals, int64_t shift_ms)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signals->step[i].time_ms != 0)
            signals->step[i].time_ms += shift_ms;
    history_shift(&signals->lives, shift_ms);
}
