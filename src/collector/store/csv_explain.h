/* Pure. What is wrong with a line of metrics.csv, for people. */
#ifndef COLLECTOR_STORE_CSV_EXPLAIN_H
#define COLLECTOR_STORE_CSV_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a line, without its line end, is the header; if not, text says why. */
bool csv_explain_header(const char *line, size_t len, char *text, size_t size);

/* Of a line that csv_parse_row() refused: which column is missing, or holds what it can't. */
void csv_explain_row(const char *line, size_t len, char *text, size_t size);

#endif
