/* Prints the result of a search, as text or as JSON. */
#ifndef OFFLINE_TUNE_REPORT_H
#define OFFLINE_TUNE_REPORT_H

#include "offline/loads.h"
#include "offline/tune.h"

#include <stdio.h>

/* The table of the frontier, and the recommendation. */
void tune_report_print(const struct tune_search *search, const struct load *load, FILE *out);

/* One object on a line. 0, -ENOMEM or -EIO. */
int tune_report_json(const struct tune_search *search, const struct load *load, FILE *out);

/* The same for a load of that many steps, which is too short to be searched. */
void tune_report_print_short(const struct load *load, size_t steps, FILE *out);
int tune_report_json_short(const struct load *load, size_t steps, FILE *out);

#endif
