/* Pure. Splits a hook's output into lines for the log. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_OUTPUT_H
#define COLLECTOR_AUTOSCALE_HOOK_OUTPUT_H

#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>

struct hook_output {
    char line[HOOK_LINE_MAX + sizeof "..."];
    size_t used;
    bool is_cut;  /* the line was longer than HOOK_LINE_MAX */
    unsigned cut; /* lines that were */
};

/* The line is 0-terminated, not empty, and of printable ASCII: other bytes are question marks, tabs and zeros are
 * spaces. */
typedef void hook_output_cb(const char *line, void *arg);

/* Calls cb for each line that is complete. The rest of a line beyond HOOK_LINE_MAX is replaced by "...". */
void hook_output_add(struct hook_output *output, const char *data, size_t len, hook_output_cb *cb, void *arg);

/* Calls cb for a last line that has no end, if there is one. */
void hook_output_end(struct hook_output *output, hook_output_cb *cb, void *arg);

#endif
