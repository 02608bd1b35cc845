/* What a simulation came to, as a table or as JSON. */
#ifndef OFFLINE_SIMULATE_REPORT_H
#define OFFLINE_SIMULATE_REPORT_H

#include "offline/score.h"

#include <stdint.h>
#include <stdio.h>

struct simulate_result {
    const char *trace;
    const char *policy;
    int64_t delay_ms;
    struct score score;
    double coverage; /* of the scaler's own forecasts, by calibration.h; NaN: there were none */
    double price_promised;
    double price_paid;
};

/* One line of text, such as "1.23 % violations, cost 1.02, 7.7 actions/h". */
void simulate_report_line(const struct score *score, char *text, size_t size);

/* A row per result, `policies` of them for each trace, and the means when there are several traces. */
void simulate_report_table(const struct simulate_result *results, size_t traces, size_t policies, FILE *out);

/* An object on a line. 0 or -ENOMEM. */
int simulate_report_json(const struct simulate_result *result, FILE *out);

#endif
