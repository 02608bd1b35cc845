#include "offline/loads.h"

#include "collector/store/csv_explain.h"
#include "common/error_text.h"
#include "offline/line_file.h"
#include "offline/metrics_row.h"
#include "offline/paths.h"
#include "offline/trace_manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDING_HEADER "node_id," /* with which that of a metrics.csv begins */

struct reading {
    const struct loads_source *source;
    struct loads loads;
    struct trace trace; /* of the present file, unless it is a recording */
    bool is_recording;
    bool has_recording; /* some file was one */
    struct recorded_demand recorded;
    char *error;
    size_t error_size;
};

static int fail_memory(struct reading *reading)
{
    return error_text_set(reading->error, reading->error_size, -ENOMEM, "out of memory");
}

static int on_header(struct reading *reading, const struct file_line *line, char *reason, size_t size)
{
    reading->is_recording = strncmp(line->text, RECORDING_HEADER, strlen(RECORDING_HEADER)) == 0;
    reading->has_recording |= reading->is_recording;
    if (reading->is_recording)
        return csv_explain_header(line->text, line->len, reason, size) ? 0 : -EINVAL;
    return trace_read_header(&reading->trace, line->text, reason, size);
}

static int on_line(const struct file_line *line, void *arg, char *reason, size_t size)
{
    struct reading *reading = arg;
    struct csv_row row;

    if (line->number == 1)
        return on_header(reading, line, reason, size);
    if (!reading->is_recording)
        return trace_read_line(&reading->trace, line->text, reason, size);
    int rc = metrics_row_read(line->text, line->len, &row, reason, size);
    const char *group = rc == 0 ? group_filter_row(reading->source->filter, row.node_id, row.group) : NULL;
    return group != NULL ? recorded_demand_add(&reading->recorded, &row, group, reason, size) : rc;
}

/* The place for one more load. NULL: no memory. */
static struct load *add_load(struct reading *reading, const char *name, const char *path)
{
    struct loads *loads = &reading->loads;
    struct load *all = reallocarray(loads->loads, loads->count + 1, sizeof *all);

    if (all == NULL)
        return NULL;
    loads->loads = all;
    struct load *load = &all[loads->count++];
    *load = (struct load){.path = path, .speed = 1.0};
    snprintf(load->name, sizeof load->name, "%s", name);
    return load;
}

static int add_trace(struct reading *reading, const char *path)
{
    struct load *load = add_load(reading, paths_name(path), path);

    if (load == NULL)
        return fail_memory(reading);
    load->trace = reading->trace;
    reading->trace = (struct trace){0};
    return trace_manifest_read(path, &load->speed, &load->noise, reading->error, reading->error_size);
}

static int read_file(struct reading *reading, const char *path)
{
    struct line_file lines = {.path = path, .on_line = on_line, .arg = reading, .skip_bad = reading->source->skip_bad};

    int rc = line_file_read(&lines, reading->error, reading->error_size);
    if (rc != 0)
        return rc;
    line_file_warn(&lines);
    return reading->is_recording ? 0 : add_trace(reading, path);
}

static int add_group(struct reading *reading, const struct group *group)
{
    struct load *load = add_load(reading, group->name, reading->source->files->paths[0]);

    if (load == NULL || recorded_demand_trace(&reading->recorded, group->index, &load->trace) != 0)
        return fail_memory(reading);
    load->is_recorded = true;
    load->recorded = recorded_demand_summary(&reading->recorded, group->index, reading->source->limit);
    if (load->trace.count > 0)
        return 0;
    return error_text_set(reading->error, reading->error_size, -ENODATA, "group %s has no cpu readings", load->name);
}

static int add_groups(struct reading *reading)
{
    const struct registry *registry = &reading->recorded.registry;

    int rc = group_filter_check(reading->source->filter, reading->error, reading->error_size);
    if (rc != 0)
        return rc;
    if (recorded_demand_end(&reading->recorded) != 0)
        return fail_memory(reading);
    for (unsigned i = 0; i < registry->group_count && rc == 0; i++)
        rc = add_group(reading, registry->groups[i]);
    return rc;
}

int loads_read(const struct loads_source *source, struct loads *loads, char *error, size_t size)
{
    struct reading reading = {.source = source, .error = error, .error_size = size};

    if (recorded_demand_init(&reading.recorded) != 0)
        return fail_memory(&reading);
    int rc = 0;
    for (size_t i = 0; i < source->files->count && rc == 0; i++)
        rc = read_file(&reading, source->files->paths[i]);
    if (rc == 0 && (reading.has_recording || source->filter->count > 0))
        rc = add_groups(&reading);
    if (rc == 0 && reading.loads.count == 0)
        rc = error_text_set(error, size, -ENODATA, "%s contains no rows", source->files->paths[0]);
    recorded_demand_deinit(&reading.recorded);
    trace_deinit(&reading.trace);
    if (rc != 0)
        loads_deinit(&reading.loads);
    else
        *loads = reading.loads;
    return rc;
}

void loads_deinit(struct loads *loads)
{
    for (size_t i = 0; i < loads->count; i++)
        trace_deinit(&loads->loads[i].trace);
    free(loads->loads);
    *loads = (struct loads){0};
}
