/* Pure. Error messages for invalid lines of metrics.csv. */
#ifndef COLLECTOR_STORE_CSV_EXPLAIN_H
#define COLLECTOR_STORE_CSV_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a line, without its line end, is the header, of this version or of 0.1; if not, writes to text why. */
bool csv_explain_header(const char *line, size_t len, char *text, size_t size);

/* For a line that csv_parse_row() rejects: which column is missing or invalid. */
void csv_explain_row(const char *line, size_t len, char *text, size_t size);

#endif
