#include "scaler/ridge_state.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define SUMS         (2U + 2U * RIDGE_FEATURES + RIDGE_PAIRS)
#define SOLUTION     (2U + RIDGE_FEATURES)
#define UNFITTED_MAX INT64_C(1000000000000) /* ms: more than any step */

static_assert(sizeof(struct ridge_sums) == SUMS * sizeof(double), "the sums are an array");

void ridge_save(const struct ridge *ridge, struct state_text *out)
{
    double solution[SOLUTION] = {ridge->largest, ridge->base};

    memcpy(solution + 2, ridge->w, sizeof ridge->w);
    state_put(out, "regression %u %" PRId64 " %u\n", ridge->known, ridge->unfitted_ms, (unsigned)ridge->is_fitted);
    state_put_array(out, "sums", &ridge->sums, SUMS, sizeof(double));
    state_put_array(out, "weights", solution, SOLUTION, sizeof *solution);
}

bool ridge_load(struct ridge *ridge, struct state_cursor *cursor)
{
    struct ridge loaded = {0};
    struct state_line line;
    double sums[SUMS], solution[SOLUTION];
    unsigned is_fitted;

    if (!state_get_words(cursor, &line, "regression", 4) ||
        !state_get_unsigned(line.words[1], RIDGE_LEAST, &loaded.known) ||
        !state_get_number(line.words[2], 0, UNFITTED_MAX, &loaded.unfitted_ms) ||
        !state_get_unsigned(line.words[3], 1, &is_fitted) || !state_get_doubles(cursor, "sums", sums, SUMS) ||
        !state_get_doubles(cursor, "weights", solution, SOLUTION))
        return false;
    memcpy(&loaded.sums, sums, sizeof sums);
    memcpy(loaded.w, solution + 2, sizeof loaded.w);
    loaded.largest = solution[0];
    loaded.base = solution[1];
    loaded.is_fitted = is_fitted == 1;
    *ridge = loaded;
    return true;
}
