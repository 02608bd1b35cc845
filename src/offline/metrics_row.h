/* Pure. Reads rows of metrics.csv, as the collector writes them and as a spreadsheet saves them again: with numbers of
 * any form, such as 12.5 and 30 for 12.50 and 30.00. */
#ifndef OFFLINE_METRICS_ROW_H
#define OFFLINE_METRICS_ROW_H

#include "collector/store/csv.h"

#include <stddef.h>

/* Reads one line, without its line end. 0, or -EINVAL with the reason in error. */
int metrics_row_read(const char *line, size_t len, struct csv_row *row, char *error, size_t size);

#endif
