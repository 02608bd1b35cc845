#include "sim/sim_rows.h"

#include "collector/store/csv.h"
#include "collector/store/gap.h"
#include "sim/sim_disk.h"

#include <string.h>

/* The next line from *at, without its end; false: there is no more whole one before `to`. */
static bool next_line(const struct sim_file *file, size_t *at, size_t to, const char **line, size_t *len)
{
    const char *end = *at < to ? memchr(file->cache + *at, '\n', to - *at) : NULL;

    if (end == NULL)
        return false;
    *line = file->cache + *at;
    *len = (size_t)(end - *line);
    *at += *len + 1;
    return true;
}

void sim_rows_each(struct sim_collector *collector, const struct sim_file *file, size_t from, size_t to,
                   sim_rows_visit *visit)
{
    const char *line = NULL;
    size_t len = 0;
    struct csv_row row;

    for (size_t at = from; next_line(file, &at, to, &line, &len);)
        if (csv_parse_row(line, len, &row) == 0)
            visit(collector, &row);
}

void sim_rows_each_gap(struct sim_collector *collector, const struct sim_file *file, size_t to,
                       sim_rows_visit_gap *visit)
{
    const char *line = NULL;
    size_t len = 0;
    struct gap gap;

    for (size_t at = 0; next_line(file, &at, to, &line, &len);)
        if (gap_parse_row(line, len, &gap) == 0)
            visit(collector, &gap);
}
