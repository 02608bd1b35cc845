#include "scaler/predictor_state.h"

#include "common/limits.h"
#include "scaler/anticipation_state.h"
#include "scaler/history_state.h"
#include "scaler/rehearsal_state.h"
#include "scaler/ridge_state.h"
#include "scaler/trend_state.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define DUE_NUMBERS (FORECASTER_COUNT + 5U)
#define MEANS       8U
#define STANDING    7U
#define TICK_MS_MAX INT64_C(86400000)

/* ---- forecasts that are not due yet ---- */

static void put_due(const struct predictor *p, struct state_text *out)
{
    int64_t times[PREDICTOR_DUE_MAX];
    double values[PREDICTOR_DUE_MAX][DUE_NUMBERS];
    float features[PREDICTOR_DUE_MAX][RIDGE_FEATURES];

    for (unsigned i = 0; i < p->due_count; i++) {
        const struct predictor_due *due = &p->due[(p->due_first + i) % PREDICTOR_DUE_MAX];
        times[i] = due->time_ms;
        memcpy(values[i], due->value, sizeof due->value);
        const double rest[] = {due->low, due->high, due->bound, due->nodes, due->promised};
        memcpy(values[i] + FORECASTER_COUNT, rest, sizeof rest);
        memcpy(features[i], due->features, sizeof due->features);
    }
    state_put_array(out, "due", times, p->due_count, sizeof *times);
    state_put_array(out, "forecasts", values, p->due_count * DUE_NUMBERS, sizeof **values);
    state_put_array(out, "features", features, p->due_count * RIDGE_FEATURES, sizeof **features);
}

static bool get_due(struct predictor *p, struct state_cursor *cursor)
{
    int64_t times[PREDICTOR_DUE_MAX];
    double values[PREDICTOR_DUE_MAX][DUE_NUMBERS];
    float features[PREDICTOR_DUE_MAX][RIDGE_FEATURES];

    if (!state_get_array(cursor, "due", times, PREDICTOR_DUE_MAX, sizeof *times, &p->due_count) ||
        !state_get_doubles(cursor, "forecasts", *values, p->due_count * DUE_NUMBERS) ||
        !state_get_exactly(cursor, "features", features, p->due_count * RIDGE_FEATURES, sizeof **features) ||
        !state_floats_ok(*features, p->due_count * RIDGE_FEATURES))
        return false;
    p->due_first = 0;
    for (unsigned i = 0; i < p->due_count; i++) {
        const double *rest = values[i] + FORECASTER_COUNT;
        if (times[i] < -STATE_MS_MAX || times[i] > STATE_MS_MAX || (i > 0 && times[i] < times[i - 1]))
            return false;
        p->due[i] = (struct predictor_due){.time_ms = times[i],
                                           .low = rest[0],
                                           .high = rest[1],
                                           .bound = rest[2],
                                           .nodes = rest[3],
                                           .promised = rest[4]};
        memcpy(p->due[i].value, values[i], sizeof p->due[i].value);
        memcpy(p->due[i].features, features[i], sizeof p->due[i].features);
    }
    return true;
}

/* ---- saturation ---- */

#define POINT_WORDS (PREDICTOR_POINTS / 32U)

/* Of the forecasts that are not due yet, a word each; of the points, a bit each, the newest first. */
static void put_saturation(const struct predictor *p, struct state_text *out)
{
    uint32_t due[PREDICTOR_DUE_MAX];
    uint32_t points[POINT_WORDS] = {0};

    for (unsigned i = 0; i < p->due_count; i++)
        due[i] = p->due[(p->due_first + i) % PREDICTOR_DUE_MAX].saturated;
    for (unsigned age = 0; age < p->points.count; age++)
        points[age / 32] |= (uint32_t)predictor_point_is_saturated(p, age) << age % 32;
    state_put(out, "saturation %u %u %" PRId64 "\n", (unsigned)p->saturated, (unsigned)p->was_saturated, p->seen_ms);
    state_put_array(out, "censored", due, p->due_count, sizeof *due);
    state_put_array(out, "points", points, POINT_WORDS, sizeof *points);
}

static bool get_saturation(struct predictor *p, int64_t latest_ms, struct state_cursor *cursor)
{
    struct state_line line;
    uint32_t due[PREDICTOR_DUE_MAX], points[POINT_WORDS];
    unsigned saturated, was_saturated;

    if (!state_get_words(cursor, &line, "saturation", 4) || !state_get_unsigned(line.words[1], 1, &saturated) ||
        !state_get_unsigned(line.words[2], 1, &was_saturated) ||
        !state_get_number(line.words[3], -STATE_MS_MAX, latest_ms, &p->seen_ms) ||
        !state_get_exactly(cursor, "censored", due, p->due_count, sizeof *due) ||
        !state_get_exactly(cursor, "points", points, POINT_WORDS, sizeof *points))
        return false;
    p->saturated = saturated == 1;
    p->was_saturated = was_saturated == 1;
    for (unsigned i = 0; i < p->due_count; i++) {
        if (due[i] > 1)
            return false;
        p->due[i].saturated = due[i] == 1;
    }
    for (unsigned age = 0; age < PREDICTOR_POINTS; age++) {
        bool is_set = (points[age / 32] >> age % 32 & 1U) != 0;
        if (is_set && age >= p->points.count)
            return false;
        predictor_mark_point(p, age, is_set);
    }
    return true;
}

/* ---- errors ---- */

static void put_errors(const struct errors *errors, struct state_text *out)
{
    float values[ERRORS_MAX];

    for (unsigned i = 0; i < errors->count; i++)
        values[i] = errors->ring[(errors->next + ERRORS_MAX - errors->count + i) % ERRORS_MAX];
    state_put_array(out, "errors", values, errors->count, sizeof *values);
}

static bool get_errors(struct errors *errors, struct state_cursor *cursor)
{
    if (!state_get_array(cursor, "errors", errors->ring, ERRORS_MAX, sizeof *errors->ring, &errors->count) ||
        !state_floats_ok(errors->ring, errors->count))
        return false;
    errors->next = errors->count % ERRORS_MAX;
    errors_restore(errors);
    return true;
}

/* ---- rehearsals ---- */

static void put_rehearsals(const struct predictor *p, struct state_text *out)
{
    double prices[PREDICTOR_STRATEGIES];

    for (unsigned f = 0; f < FORECASTER_COUNT; f++)
        for (unsigned i = 0; i < PREDICTOR_PRICES; i++)
            rehearsal_window_save(&p->recommended[f][i], out);
    for (unsigned i = 0; i < PREDICTOR_STRATEGIES; i++) {
        rehearsal_save(&p->rehearsals[i], p->delay_steps, out);
        prices[i] = p->rehearsals[i].price;
    }
    state_put_array(out, "prices", prices, PREDICTOR_STRATEGIES, sizeof *prices);
}

static bool get_rehearsals(struct predictor *p, struct state_cursor *cursor)
{
    double prices[PREDICTOR_STRATEGIES];

    for (unsigned f = 0; f < FORECASTER_COUNT; f++)
        for (unsigned i = 0; i < PREDICTOR_PRICES; i++)
            if (!rehearsal_window_load(&p->recommended[f][i], cursor))
                return false;
    for (unsigned i = 0; i < PREDICTOR_STRATEGIES; i++)
        if (!rehearsal_load(&p->rehearsals[i], p->delay_steps, cursor))
            return false;
    if (!state_get_doubles(cursor, "prices", prices, PREDICTOR_STRATEGIES))
        return false;
    for (unsigned i = 0; i < PREDICTOR_STRATEGIES; i++)
        p->rehearsals[i].price = prices[i];
    return true;
}

/* ---- the season ---- */

static void put_season(const struct season *season, struct state_text *out)
{
    state_put(out, "season %" PRId64 " %u\n", season->minute, season->count);
    state_put_array(out, "sum", &season->sum, 1, sizeof season->sum);
    state_put_array(out, "minutes", season->mean, SEASON_MINUTES, sizeof *season->mean);
}

static bool get_season(struct season *season, struct state_cursor *cursor)
{
    struct state_line line;

    if (!state_get_words(cursor, &line, "season", 3) ||
        !state_get_number(line.words[1], -STATE_MS_MAX, STATE_MS_MAX, &season->minute) ||
        !state_get_unsigned(line.words[2], UINT32_MAX, &season->count) ||
        !state_get_doubles(cursor, "sum", &season->sum, 1) ||
        !state_get_exactly(cursor, "minutes", season->mean, SEASON_MINUTES, sizeof *season->mean) ||
        !state_floats_ok(season->mean, SEASON_MINUTES))
        return false;
    season_complete(season);
    return true;
}

/* ---- the current forecast ---- */

static void put_standing(const struct forecast *f, struct state_text *out)
{
    const double values[STANDING] = {f->expected, f->low, f->high, f->bound, f->above, f->price, f->slope};

    state_put_array(out, "forecast", values, STANDING, sizeof *values);
}

static bool get_standing(struct predictor *p, struct state_cursor *cursor)
{
    double v[STANDING];

    if (!state_get_doubles(cursor, "forecast", v, STANDING) || v[3] < 0.0)
        return false;
    p->forecast = (struct forecast){.valid = true,
                                    .expected = v[0],
                                    .low = v[1],
                                    .high = v[2],
                                    .bound = v[3],
                                    .above = v[4],
                                    .price = v[5],
                                    .slope = v[6]};
    return true;
}

/* ---- the whole ---- */

/* One that was read from the text of before the regression and has had no tick since is written as such. */
static void save_former(const struct predictor *p, const char *name, struct state_text *out)
{
    state_put(out, "predictor %s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %u %u %u\n", name, p->tick_ms,
              p->lead_ms, p->stabilization_ms, p->stepped_ms, p->ticks, p->steps, p->leader);
    history_save(&p->points, "points", out);
    put_season(&p->season, out);
}

void predictor_save(const struct predictor *p, const char *name, struct state_text *out)
{
    const double means[MEANS] = {p->mean_fleet, p->promised, p->paid, p->coverage,
                                 p->tail,       p->scored,   p->sum,  p->doubt};

    if (p->delay_steps == 0) {
        save_former(p, name, out);
        return;
    }
    state_put(out, "predictor %s %u %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %u %u %u\n", name,
              (unsigned)FORECASTER_COUNT, p->tick_ms, p->lead_ms, p->stabilization_ms, p->stepped_ms, p->ticks,
              p->steps, p->leader);
    state_put_array(out, "means", means, MEANS, sizeof *means);
    put_standing(&p->forecast, out);
    history_save(&p->points, "points", out);
    for (unsigned i = 0; i < PREDICTOR_LINES; i++)
        trend_save(&p->lines[i], out);
    for (unsigned f = 0; f < FORECASTER_COUNT; f++)
        put_errors(&p->errors[f], out);
    put_due(p, out);
    put_saturation(p, out);
    put_rehearsals(p, out);
    put_season(&p->season, out);
    ridge_save(&p->ridge, out);
    anticipation_save(&p->anticipation, p->delay_steps, p->anticipates, out);
}

/* The line "predictor NAME COUNT ...", of that many forecasters. *count is 0 in one of before the regression, which has
 * no COUNT. */
static bool get_layout(struct predictor *p, const char *name, int64_t latest_ms, unsigned *count,
                       struct state_cursor *cursor)
{
    struct predictor_input in = {0};
    struct state_line line;

    if (!state_get_line(cursor, &line) || line.count < 9 || line.count > 10 ||
        strcmp(line.words[0], "predictor") != 0 || strcmp(line.words[1], name) != 0)
        return false;
    char **words = line.words + line.count - 7;
    *count = 0;
    if (line.count == 10 && (!state_get_unsigned(line.words[2], FORECASTER_COUNT, count) || *count != FORECASTER_COUNT))
        return false;
    if (!state_get_number(words[0], 1, TICK_MS_MAX, &in.tick_ms) ||
        !state_get_number(words[1], 0, TICK_MS_MAX, &in.lead_ms) ||
        !state_get_number(words[2], 0, TICK_MS_MAX, &in.stabilization_ms) ||
        !state_get_number(words[3], -STATE_MS_MAX, latest_ms, &p->stepped_ms))
        return false;
    predictor_lay_out(p, &in);
    p->stepped = true;
    return state_get_unsigned(words[4], UINT32_MAX, &p->ticks) && state_get_unsigned(words[5], UINT32_MAX, &p->steps) &&
           state_get_unsigned(words[6], PREDICTOR_STRATEGIES - 1, &p->leader);
}

static bool get_means(struct predictor *p, struct state_cursor *cursor)
{
    double means[MEANS];

    if (!state_get_doubles(cursor, "means", means, MEANS) || !(means[0] > 0.0) || !(means[7] > 0.0))
        return false;
    p->mean_fleet = means[0];
    p->promised = means[1];
    p->paid = means[2];
    p->coverage = means[3];
    p->tail = means[4];
    p->scored = means[5];
    p->sum = means[6];
    p->doubt = means[7];
    return true;
}

/* ---- of before the regression ---- */

static bool skip_to(struct state_cursor *cursor, const char *name)
{
    while (!state_comes(cursor, name)) {
        const char *newline = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at));
        if (newline == NULL)
            return false;
        cursor->at = newline + 1;
    }
    return true;
}

/* Only the points and the season: the next tick finds another layout, and learns the rest from them. */
static bool load_former(struct predictor *p, int64_t latest_ms, struct state_cursor *cursor)
{
    p->delay_steps = 0;
    p->ticks = 0;
    return skip_to(cursor, "times ") && history_load(&p->points, "points", latest_ms, cursor) &&
           skip_to(cursor, "season ") && get_season(&p->season, cursor);
}

bool predictor_load(struct predictor *p, const char *name, int64_t latest_ms, struct state_cursor *cursor)
{
    unsigned count;

    if (!get_layout(p, name, latest_ms, &count, cursor))
        return false;
    if (count == 0)
        return load_former(p, latest_ms, cursor);
    if (!get_means(p, cursor) || !get_standing(p, cursor) || !history_load(&p->points, "points", latest_ms, cursor))
        return false;
    for (unsigned i = 0; i < PREDICTOR_LINES; i++)
        if (!trend_load(&p->lines[i], &p->points, cursor))
            return false;
    for (unsigned f = 0; f < FORECASTER_COUNT; f++)
        if (!get_errors(&p->errors[f], cursor))
            return false;
    if (!get_due(p, cursor) || !get_saturation(p, latest_ms, cursor) || !get_rehearsals(p, cursor) ||
        !get_season(&p->season, cursor) || !ridge_load(&p->ridge, cursor) ||
        !anticipation_load(&p->anticipation, p->delay_steps, &p->anticipates, cursor))
        return false;
    predictor_complete(p);
    return true;
}

void predictor_shift(struct predictor *p, int64_t shift_ms)
{
    p->stepped_ms += shift_ms;
    p->seen_ms += shift_ms;
    history_shift(&p->points, shift_ms);
    for (unsigned i = 0; i < PREDICTOR_LINES; i++)
        p->lines[i].centre_ms += shift_ms;
    for (unsigned i = 0; i < p->due_count; i++)
        p->due[(p->due_first + i) % PREDICTOR_DUE_MAX].time_ms += shift_ms;
    season_shift(&p->season, shift_ms / 60000);
}
