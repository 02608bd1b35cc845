#include "collector/autoscale/hook_output.h"

#include "common/parse.h"

#include <string.h>

static void put_line(struct hook_output *output, hook_output_cb *cb, void *arg)
{
    char *line = output->line;
    size_t used = output->used;

    if (used > 0 && line[used - 1] == '\r')
        used--;
    memcpy(line + used, output->is_cut ? "..." : "", output->is_cut ? sizeof "..." : 1);
    for (char *at = line; at < line + used; at++)
        if (*at == '\t' || *at == '\0')
            *at = ' ';
    parse_to_ascii(line);
    if (line[0] != '\0')
        cb(line, arg);
    output->used = 0;
    output->cut += output->is_cut;
    output->is_cut = false;
}

void hook_output_add(struct hook_output *output, const char *data, size_t len, hook_output_cb *cb, void *arg)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n')
            put_line(output, cb, arg);
        else if (output->used == HOOK_LINE_MAX)
            output->is_cut = true;
        else
            output->line[output->used++] = data[i];
    }
}

void hook_output_end(struct hook_output *output, hook_output_cb *cb, void *arg)
{
    put_line(output, cb, arg);
}
