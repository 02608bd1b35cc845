/* Prints the results of a simulation, as a table or as JSON. */
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
    double coverage; /* of the scaler's forecasts, see calibration.h; NaN: none */
    double price_promised;
    double price_paid;
};

/* One line of text: violations, cost and actions. */
void simulate_report_line(const struct score *score, char *text, size_t size);

/* One row per result, `policies` of them for each trace, and the means if there are several traces. */
void simulate_report_table(const struct simulate_result *results, size_t traces, size_t policies, FILE *out);

/* One object on a line. 0, -ENOMEM or -EIO. */
int simulate_report_json(const struct simulate_result *result, FILE *out);

#endif
