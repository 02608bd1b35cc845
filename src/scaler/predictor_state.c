#include "scaler/predictor_state.h"

#include "scaler/sizing.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define DUE_FLOATS  (FORECASTER_COUNT + 5U)
#define SUMS        6U
#define MEANS       7U
#define STANDING    7U
#define TICK_MS_MAX INT64_C(86400000)
#define LARGEST     1e300 /* of a value: sums of many stay finite */

static bool all_finite(const double *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!(fabs(values[i]) < LARGEST))
            return false;
    return true;
}

static bool all_finite_floats(const float *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

/* An array of exactly so many values. */
static bool get_exactly(struct state_cursor *cursor, const char *name, void *values, unsigned count, size_t size)
{
    unsigned got = 0;

    return state_get_array(cursor, name, values, count, size, &got) && got == count;
}

/* ---- trends ---- */

void trend_save(const struct trend *t, struct state_text *out)
{
    const double sums[SUMS] = {t->centre, t->sx, t->sy, t->sxx, t->sxy, t->syy};

    state_put(out, "trend %u %u %" PRId64 "\n", t->n, t->slides, t->centre_ms);
    state_put_array(out, "sums", sums, SUMS, sizeof *sums);
}

bool trend_load(struct trend *t, const struct history *history, struct state_cursor *cursor)
{
    struct state_line line;
    double sums[SUMS];

    if (!state_get_words(cursor, &line, "trend", 4) || !state_get_unsigned(line.words[1], history->count, &t->n) ||
        !state_get_unsigned(line.words[2], TREND_POINTS_MAX, &t->slides) ||
        !state_get_number(line.words[3], -STATE_MS_MAX, STATE_MS_MAX, &t->centre_ms) ||
        !get_exactly(cursor, "sums", sums, SUMS, sizeof *sums) || !all_finite(sums, SUMS))
        return false;
    t->centre = sums[0];
    t->sx = sums[1];
    t->sy = sums[2];
    t->sxx = sums[3];
    t->sxy = sums[4];
    t->syy = sums[5];
    return true;
}

/* ---- points ---- */

static void put_points(const struct history *points, struct state_text *out)
{
    int64_t times[PREDICTOR_POINTS];
    double values[PREDICTOR_POINTS];

    for (unsigned i = 0; i < points->count; i++) {
        const struct history_point *point = history_at(points, points->count - 1 - i);
        times[i] = point->time_ms;
        values[i] = point->value;
    }
    state_put_array(out, "times", times, points->count, sizeof *times);
    state_put_array(out, "points", values, points->count, sizeof *values);
}

static bool get_points(struct history *points, int64_t latest_ms, struct state_cursor *cursor)
{
    int64_t times[PREDICTOR_POINTS];
    double values[PREDICTOR_POINTS];
    int64_t before_ms = -STATE_MS_MAX;
    unsigned count = 0;

    if (!state_get_array(cursor, "times", times, PREDICTOR_POINTS, sizeof *times, &count) ||
        !get_exactly(cursor, "points", values, count, sizeof *values) || !all_finite(values, count))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (times[i] < before_ms || times[i] > latest_ms || values[i] < 0.0)
            return false;
        before_ms = times[i];
        history_push(points, times[i], values[i]);
    }
    return true;
}

/* ---- forecasts that wait ---- */

static void put_due(const struct predictor *p, struct state_text *out)
{
    int64_t times[PREDICTOR_DUE_MAX];
    float values[PREDICTOR_DUE_MAX][DUE_FLOATS];

    for (unsigned i = 0; i < p->due_count; i++) {
        const struct predictor_due *due = &p->due[(p->due_first + i) % PREDICTOR_DUE_MAX];
        times[i] = due->time_ms;
        memcpy(values[i], due->value, sizeof due->value);
        const float rest[] = {due->low, due->high, due->bound, due->nodes, due->promised};
        memcpy(values[i] + FORECASTER_COUNT, rest, sizeof rest);
    }
    state_put_array(out, "due", times, p->due_count, sizeof *times);
    state_put_array(out, "forecasts", values, p->due_count * DUE_FLOATS, sizeof **values);
}

static bool get_due(struct predictor *p, struct state_cursor *cursor)
{
    int64_t times[PREDICTOR_DUE_MAX];
    float values[PREDICTOR_DUE_MAX][DUE_FLOATS];

    if (!state_get_array(cursor, "due", times, PREDICTOR_DUE_MAX, sizeof *times, &p->due_count) ||
        !get_exactly(cursor, "forecasts", values, p->due_count * DUE_FLOATS, sizeof **values) ||
        !all_finite_floats(*values, p->due_count * DUE_FLOATS))
        return false;
    p->due_first = 0;
    for (unsigned i = 0; i < p->due_count; i++) {
        const float *rest = values[i] + FORECASTER_COUNT;
        if (times[i] < -STATE_MS_MAX || times[i] > STATE_MS_MAX || (i > 0 && times[i] < times[i - 1]))
            return false;
        p->due[i] = (struct predictor_due){.time_ms = times[i],
                                           .low = rest[0],
                                           .high = rest[1],
                                           .bound = rest[2],
                                           .nodes = rest[3],
                                           .promised = rest[4]};
        memcpy(p->due[i].value, values[i], sizeof p->due[i].value);
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
        !all_finite_floats(errors->ring, errors->count))
        return false;
    errors->next = errors->count % ERRORS_MAX;
    errors_restore(errors);
    return true;
}

/* ---- rehearsals ---- */

static void put_wanted(const struct wanted *wanted, struct state_text *out)
{
    unsigned blocks[WANTED_BLOCKS + 1];

    blocks[0] = wanted->steps;
    for (unsigned i = 0; i < WANTED_BLOCKS; i++)
        blocks[i + 1] = wanted->block[(wanted->at + WANTED_BLOCKS - i) % WANTED_BLOCKS];
    state_put_array(out, "wanted", blocks, WANTED_BLOCKS + 1, sizeof *blocks);
}

static bool get_wanted(struct wanted *wanted, struct state_cursor *cursor)
{
    unsigned blocks[WANTED_BLOCKS + 1];

    if (!get_exactly(cursor, "wanted", blocks, WANTED_BLOCKS + 1, sizeof *blocks) || blocks[0] > wanted->block_steps)
        return false;
    wanted->steps = blocks[0];
    for (unsigned i = 0; i < WANTED_BLOCKS; i++) {
        if (blocks[i + 1] > SIZING_NODES_MAX)
            return false;
        wanted->block[(wanted->at + WANTED_BLOCKS - i) % WANTED_BLOCKS] = blocks[i + 1];
    }
    return true;
}

static void put_rehearsal(const struct rehearsal *r, unsigned delay_steps, struct state_text *out)
{
    unsigned nodes[REHEARSAL_DELAY_MAX + 1];

    nodes[0] = r->ready;
    for (unsigned ahead = 1; ahead <= delay_steps; ahead++)
        nodes[ahead] = r->arriving[(r->at + ahead) % (REHEARSAL_DELAY_MAX + 1)];
    state_put_array(out, "fleet", nodes, delay_steps + 1, sizeof *nodes);
}

static bool get_rehearsal(struct rehearsal *r, unsigned delay_steps, struct state_cursor *cursor)
{
    unsigned nodes[REHEARSAL_DELAY_MAX + 1];

    if (!get_exactly(cursor, "fleet", nodes, delay_steps + 1, sizeof *nodes) || nodes[0] > SIZING_NODES_MAX)
        return false;
    rehearsal_init(r, nodes[0]);
    for (unsigned ahead = 1; ahead <= delay_steps; ahead++) {
        if (nodes[ahead] > SIZING_NODES_MAX)
            return false;
        r->arriving[ahead] = nodes[ahead];
        r->pending += nodes[ahead];
    }
    return true;
}

static void put_rehearsals(const struct predictor *p, struct state_text *out)
{
    double prices[PREDICTOR_WAYS];

    for (unsigned f = 0; f < FORECASTER_COUNT; f++)
        for (unsigned i = 0; i < PREDICTOR_PRICES; i++)
            put_wanted(&p->wanted[f][i], out);
    for (unsigned i = 0; i < PREDICTOR_WAYS; i++) {
        put_rehearsal(&p->rehearsals[i], p->delay_steps, out);
        prices[i] = p->rehearsals[i].price;
    }
    state_put_array(out, "prices", prices, PREDICTOR_WAYS, sizeof *prices);
}

static bool get_rehearsals(struct predictor *p, struct state_cursor *cursor)
{
    double prices[PREDICTOR_WAYS];

    for (unsigned f = 0; f < FORECASTER_COUNT; f++)
        for (unsigned i = 0; i < PREDICTOR_PRICES; i++)
            if (!get_wanted(&p->wanted[f][i], cursor))
                return false;
    for (unsigned i = 0; i < PREDICTOR_WAYS; i++)
        if (!get_rehearsal(&p->rehearsals[i], p->delay_steps, cursor))
            return false;
    if (!get_exactly(cursor, "prices", prices, PREDICTOR_WAYS, sizeof *prices) || !all_finite(prices, PREDICTOR_WAYS))
        return false;
    for (unsigned i = 0; i < PREDICTOR_WAYS; i++)
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

    return state_get_words(cursor, &line, "season", 3) &&
           state_get_number(line.words[1], -STATE_MS_MAX, STATE_MS_MAX, &season->minute) &&
           state_get_unsigned(line.words[2], UINT32_MAX, &season->count) &&
           get_exactly(cursor, "sum", &season->sum, 1, sizeof season->sum) && all_finite(&season->sum, 1) &&
           get_exactly(cursor, "minutes", season->mean, SEASON_MINUTES, sizeof *season->mean) &&
           all_finite_floats(season->mean, SEASON_MINUTES);
}

/* ---- the forecast that stands until the next step ---- */

static void put_standing(const struct forecast *f, struct state_text *out)
{
    const double values[STANDING] = {f->expected, f->low, f->high, f->bound, f->above, f->price, f->slope};

    state_put_array(out, "forecast", values, STANDING, sizeof *values);
}

static bool get_standing(struct predictor *p, struct state_cursor *cursor)
{
    double v[STANDING];

    if (!get_exactly(cursor, "forecast", v, STANDING, sizeof *v) || !all_finite(v, STANDING) || v[3] < 0.0)
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

void predictor_save(const struct predictor *p, const char *name, struct state_text *out)
{
    const double means[MEANS] = {p->mean_fleet, p->promised, p->paid, p->coverage, p->tail, p->scored, p->sum};

    state_put(out, "predictor %s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %u %u %u\n", name, p->tick_ms,
              p->lead_ms, p->stabilization_ms, p->stepped_ms, p->ticks, p->steps, p->leader);
    state_put_array(out, "means", means, MEANS, sizeof *means);
    put_standing(&p->forecast, out);
    put_points(&p->points, out);
    for (unsigned i = 0; i < PREDICTOR_LINES; i++)
        trend_save(&p->lines[i], out);
    for (unsigned f = 0; f < FORECASTER_COUNT; f++)
        put_errors(&p->errors[f], out);
    put_due(p, out);
    put_rehearsals(p, out);
    put_season(&p->season, out);
}

static bool get_layout(struct predictor *p, const char *name, int64_t latest_ms, struct state_cursor *cursor)
{
    struct predictor_input in = {0};
    struct state_line line;

    if (!state_get_words(cursor, &line, "predictor", 9) || strcmp(line.words[1], name) != 0 ||
        !state_get_number(line.words[2], 1, TICK_MS_MAX, &in.tick_ms) ||
        !state_get_number(line.words[3], 0, TICK_MS_MAX, &in.lead_ms) ||
        !state_get_number(line.words[4], 0, TICK_MS_MAX, &in.stabilization_ms) ||
        !state_get_number(line.words[5], -STATE_MS_MAX, latest_ms, &p->stepped_ms))
        return false;
    predictor_lay_out(p, &in);
    p->stepped = true;
    return state_get_unsigned(line.words[6], UINT32_MAX, &p->ticks) &&
           state_get_unsigned(line.words[7], UINT32_MAX, &p->steps) &&
           state_get_unsigned(line.words[8], PREDICTOR_WAYS - 1, &p->leader);
}

static bool get_means(struct predictor *p, struct state_cursor *cursor)
{
    double means[MEANS];

    if (!get_exactly(cursor, "means", means, MEANS, sizeof *means) || !all_finite(means, MEANS) || !(means[0] > 0.0))
        return false;
    p->mean_fleet = means[0];
    p->promised = means[1];
    p->paid = means[2];
    p->coverage = means[3];
    p->tail = means[4];
    p->scored = means[5];
    p->sum = means[6];
    return true;
}

bool predictor_load(struct predictor *p, const char *name, int64_t latest_ms, struct state_cursor *cursor)
{
    if (!get_layout(p, name, latest_ms, cursor) || !get_means(p, cursor) || !get_standing(p, cursor) ||
        !get_points(&p->points, latest_ms, cursor))
        return false;
    for (unsigned i = 0; i < PREDICTOR_LINES; i++)
        if (!trend_load(&p->lines[i], &p->points, cursor))
            return false;
    for (unsigned f = 0; f < FORECASTER_COUNT; f++)
        if (!get_errors(&p->errors[f], cursor))
            return false;
    if (!get_due(p, cursor) || !get_rehearsals(p, cursor) || !get_season(&p->season, cursor))
        return false;
    predictor_complete(p);
    return true;
}

void predictor_shift(struct predictor *p, int64_t shift_ms)
{
    p->stepped_ms += shift_ms;
    for (unsigned i = 0; i < p->points.capacity; i++)
        p->points.points[i].time_ms += shift_ms;
    if (p->points.since_ms != HISTORY_NEVER)
        p->points.since_ms += shift_ms;
    for (unsigned i = 0; i < PREDICTOR_LINES; i++)
        p->lines[i].centre_ms += shift_ms;
    for (unsigned i = 0; i < p->due_count; i++)
        p->due[(p->due_first + i) % PREDICTOR_DUE_MAX].time_ms += shift_ms;
    season_shift(&p->season, shift_ms / 60000);
}
