#include "scaler/trend_state.h"

#include <inttypes.h>

#define SUMS 6U

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
        !state_get_doubles(cursor, "sums", sums, SUMS))
        return false;
    t->centre = sums[0];
    t->sx = sums[1];
    t->sy = sums[2];
    t->sxx = sums[3];
    t->sxy = sums[4];
    t->syy = sums[5];
    return true;
}
