#include "agent/metrics/device_files.h"

#include <stdio.h>
#include <string.h>

#define DRIFT_MAX (1U << 20) /* how far a counter advances, at most, between the list and the device's own file */

/* ---- the files ---- */

static bool read_device(struct device_files *files, const struct node_source *node, unsigned i,
                        struct device_reading *reading, uint64_t *read_ms)
{
    *reading = (struct device_reading){0};
    for (unsigned leaf = 0; leaf < DEVICE_FILES_OF_EACH && files->kind->leaves[leaf] != NULL; leaf++) {
        const struct node_text text = node_source_head(node, &files->files[i][leaf]);
        if (text.len == 0 || !files->kind->parse(leaf, text, reading))
            return false;
        *read_ms = text.read_ms;
    }
    return true;
}

static void close_device(struct device_files *files, const struct node_source *node, unsigned i)
{
    if (files->names[i][0] == '\0')
        return;
    for (unsigned leaf = 0; leaf < DEVICE_FILES_OF_EACH && files->kind->leaves[leaf] != NULL; leaf++)
        node_source_close(node, &files->files[i][leaf]);
    files->names[i][0] = '\0';
}

void device_files_close(struct device_files *files, const struct node_source *node)
{
    for (unsigned i = 0; i < DEVICE_FILES_MAX; i++)
        close_device(files, node, i);
    files->count = 0;
}

/* All devices or none: one whose file can't be read may be gone. */
bool device_files_read(struct device_files *files, const struct node_source *node, uint64_t uptime_ms,
                       struct device_table *table, struct device_rates *rates)
{
    struct device_reading readings[DEVICE_FILES_MAX];
    uint64_t read_ms = uptime_ms;

    if (files->count == 0 || uptime_ms >= files->due_ms)
        return false;
    for (unsigned i = 0; i < files->count; i++) {
        if (!read_device(files, node, i, &readings[i], &read_ms)) {
            device_files_close(files, node);
            files->due_ms = 0;
            return false;
        }
    }
    rates_devices_begin(rates, read_ms);
    for (unsigned i = 0; i < files->count; i++) {
        struct device *device = device_table_find(table, files->names[i]);
        if (device != NULL)
            rates_devices_add(rates, device, &readings[i]);
    }
    return true;
}

/* ---- the list ---- */

void device_files_begin(struct device_files *files, uint64_t uptime_ms)
{
    files->is_choosing = uptime_ms >= files->due_ms;
    files->has_new = false;
    files->noted = 0;
    if (files->is_choosing)
        files->due_ms = uptime_ms + DEVICE_FILES_LIST_MS;
}

/* The files of a device that has this place already stay open. */
static void set_device(struct device_files *files, const struct node_source *node, unsigned i, const char *name)
{
    const struct device_files_kind *kind = files->kind;

    if (strcmp(files->names[i], name) == 0)
        return;
    files->has_new = true;
    close_device(files, node, i);
    (void)snprintf(files->names[i], sizeof files->names[i], "%s", name);
    for (unsigned leaf = 0; leaf < DEVICE_FILES_OF_EACH && kind->leaves[leaf] != NULL; leaf++) {
        devices_put_path(files->paths[i][leaf], kind->folder, name, kind->leaves[leaf]);
        files->files[i][leaf] = node_file_at(files->paths[i][leaf]);
    }
}

void device_files_note(struct device_files *files, const struct node_source *node, const char *name,
                       const struct device_reading *reading)
{
    if (files->is_choosing && files->noted < DEVICE_FILES_MAX) {
        set_device(files, node, files->noted, name);
        files->listed[files->noted] = *reading;
    }
    files->noted++;
}

static bool is_shortly_after(uint64_t before, uint64_t now)
{
    return now >= before && now - before <= DRIFT_MAX;
}

/* Whether the files can be read, and hold what the list does. */
static bool agree(struct device_files *files, const struct node_source *node)
{
    struct device_reading reading;
    uint64_t read_ms;

    for (unsigned i = 0; i < files->noted; i++)
        if (!read_device(files, node, i, &reading, &read_ms) || !is_shortly_after(files->listed[i].in, reading.in) ||
            !is_shortly_after(files->listed[i].out, reading.out))
            return false;
    return true;
}

void device_files_end(struct device_files *files, const struct node_source *node, const struct node_file *list,
                      unsigned devices)
{
    if (!files->is_choosing)
        return;
    bool is_cheaper = files->noted <= DEVICE_FILES_MAX && files->noted <= devices / 2;
    if (!list->is_prompt || !is_cheaper || (files->has_new && !agree(files, node)))
        files->noted = 0;
    for (unsigned i = files->noted; i < DEVICE_FILES_MAX; i++)
        close_device(files, node, i);
    files->count = files->noted;
}
