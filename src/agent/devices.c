#include "agent/devices.h"

#include <stdio.h>
#include <string.h>

#define SYSFS_PATH_MAX 96U

/* ---- what /sys shows ---- */

/* folder + name + leaf; sysfs writes the '/' of a name as '!'. */
static void put_path(char path[SYSFS_PATH_MAX], const char *folder, const char *name, const char *leaf)
{
    snprintf(path, SYSFS_PATH_MAX, "%s%s%s", folder, name, leaf);
    for (char *c = path + strlen(folder); c < path + strlen(folder) + strlen(name); c++)
        if (*c == '/')
            *c = '!';
}

static bool has(const struct node_source *source, const char *folder, const char *name, const char *leaf)
{
    char path[SYSFS_PATH_MAX];

    put_path(path, folder, name, leaf);
    return source->exists(path, source->arg);
}

static bool is_set(const struct node_source *source, const char *folder, const char *name, const char *leaf)
{
    char path[SYSFS_PATH_MAX];

    put_path(path, folder, name, leaf);
    return source->is_set(path, source->arg);
}

bool devices_disk_is_physical(const struct node_source *source, const char *name)
{
    static const char folder[] = "/sys/block/";

    return has(source, folder, name, "/device") && !is_set(source, folder, name, "/hidden");
}

bool devices_nic_is_physical(const struct node_source *source, const char *name)
{
    static const char folder[] = "/sys/class/net/";

    return has(source, folder, name, "/device") && !has(source, folder, name, "/master/device");
}

/* ---- the names of a pass ---- */

static struct device_name *find(struct device_names *names, const char *name)
{
    for (unsigned i = 0; i < names->count; i++) {
        unsigned at = (names->cursor + i) % names->count;

        if (strcmp(names->entry[at].name, name) == 0) {
            names->cursor = at + 1;
            return &names->entry[at];
        }
    }
    return NULL;
}

bool devices_physical(struct device_names *names, const char name[PROCFS_DEVICE_NAME_MAX], devices_rule *rule,
                      const struct node_source *source)
{
    struct device_name *known = find(names, name);

    if (known == NULL) {
        if (names->count == DEVICE_NAMES_MAX)
            return false;
        known = &names->entry[names->count++];
        memcpy(known->name, name, sizeof known->name);
        known->physical = rule(source, name);
    }
    known->seen = true;
    return known->physical;
}

void devices_end_pass(struct device_names *names)
{
    unsigned left = 0;

    for (unsigned i = 0; i < names->count; i++) {
        if (!names->entry[i].seen)
            continue;
        if (left != i)
            names->entry[left] = names->entry[i];
        names->entry[left++].seen = false;
    }
    names->count = left;
    names->cursor = 0;
}
