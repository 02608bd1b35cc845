/* The rows of a simulated file, read by themselves. */
#ifndef SIM_ROWS_H
#define SIM_ROWS_H

#include <stddef.h>

struct sim_collector;
struct sim_file;
struct csv_row;
struct gap;

/* Each calls visit for the lines between the two offsets that are such a row; in a compressed file, for all of its
 * content, which is decompressed as by any other program. */
typedef void sim_rows_visit(struct sim_collector *collector, const struct csv_row *row);
typedef void sim_rows_visit_gap(struct sim_collector *collector, const struct gap *gap);
void sim_rows_each(struct sim_collector *collector, const struct sim_file *file, size_t from, size_t to,
                   sim_rows_visit *visit);
void sim_rows_each_gap(struct sim_collector *collector, const struct sim_file *file, size_t to,
                       sim_rows_visit_gap *visit);

#endif
