#include "agent/metrics/mount_source.h"

#include "agent/config/config.h"

#include <stdio.h>

#define LIST_MS  60000U /* mounts change seldom, and a host of containers has thousands of them */
#define USAGE_MS 15000U

/* ---- which there are ---- */

static int list_init(void *arg, const struct agent_config *config)
{
    struct mount_list *list = arg;

    list->mountinfo = node_file_at(config->root[0] == '\0' ? "/proc/self/mountinfo" : "/proc/1/mountinfo");
    return 0;
}

static void list_deinit(void *arg, const struct node_source *node)
{
    struct mount_list *list = arg;

    node_source_close(node, &list->mountinfo);
}

static bool list_read(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct mount_list *list = arg;

    (void)uptime_ms;
    const struct node_text text = node_source_whole(node, &list->mountinfo);
    if (text.len == 0)
        return false;
    unsigned count = mounts_parse(text.at, text.len, list->mounts, MOUNT_SOURCE_MAX);
    list->count = count < MOUNT_SOURCE_MAX ? count : MOUNT_SOURCE_MAX;
    if (count > MOUNT_SOURCE_MAX || text.is_cut)
        snprintf(part->complaint, sizeof part->complaint,
                 "the node has more than %u file systems; how full the others are is not measured", list->count);
    return true;
}

bool mount_source_has(const struct mount_list *list, const struct mount *mount)
{
    for (unsigned i = 0; i < list->count; i++)
        if (mounts_equal(&list->mounts[i], mount))
            return true;
    return false;
}

const struct source mount_source_list = {
    .name = "the list of file systems",
    .period_ms = LIST_MS,
    .state_size = sizeof(struct mount_list),
    .init = list_init,
    .deinit = list_deinit,
    .read = list_read,
};

/* ---- how full one of them is ---- */

static int usage_init(void *arg, const struct agent_config *config)
{
    (void)arg;
    (void)config;
    return 0;
}

/* As df computes it: blocks that are reserved for root are neither used nor available. One that can't be asked (its
 * folder is not accessible, or hidden by another mount) is asked again after the period. */
static bool usage_read(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    const struct mount_usage *usage = arg;
    struct node_space space;

    (void)uptime_ms;
    if (node->read_space(&usage->mount, &space, node->arg) == 0 && space.used + space.available > 0)
        sample_set_gauge(&part->metrics, METRIC_FS,
                         100.0 * (double)space.used / ((double)space.used + (double)space.available));
    return true;
}

void mount_source_set(struct mount_usage *usage, const struct mount *mount)
{
    *usage = mount == NULL ? (struct mount_usage){0} : (struct mount_usage){.mount = *mount};
    snprintf(usage->name, sizeof usage->name, "file system %s", usage->mount.path);
}

const struct source mount_source_usage = {
    .name = "a file system",
    .period_ms = USAGE_MS,
    .state_size = sizeof(struct mount_usage),
    .init = usage_init,
    .read = usage_read,
};
