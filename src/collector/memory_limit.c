#include "collector/memory_limit.h"

#include "common/log.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#define LINE_MAX_LEN (PATH_MAX + 128)

/* NULL: the file does not exist, or the log says why it can't be read. */
static FILE *open_file(const char *path)
{
    FILE *stream = fopen(path, "re");

    if (stream == NULL && errno != ENOENT && errno != ENOTDIR)
        log_error("can't read %s: %s; set memory-max, since the limit of this control group is not known", path,
                  strerror(errno));
    return stream;
}

/* The number in the file lowers *limit. "max" is none, and neither is a file that does not exist. */
static void apply(const char *dir, const char *file, uint64_t *limit)
{
    char path[2 * PATH_MAX];
    char text[32] = "";

    if (snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path)
        return;
    FILE *stream = open_file(path);
    if (stream == NULL)
        return;
    (void)fgets(text, sizeof text, stream);
    fclose(stream);
    uint64_t bytes = strtoull(text, NULL, 10); /* 0 of "max" */
    if (bytes > 0 && bytes < *limit)
        *limit = bytes;
}

/* The group at that path below root, and those around it, up to root itself. In a container the path may be that of the
 * host, where nothing is; its own group is then at root. */
static void apply_all(const char *root, const char *path, uint64_t *limit)
{
    char dir[2 * PATH_MAX];
    size_t root_len = strlen(root);

    if (snprintf(dir, sizeof dir, "%s%s", root, path) >= (int)sizeof dir)
        return;
    for (;;) {
        apply(dir, "memory.max", limit);
        apply(dir, "memory.high", limit);
        apply(dir, "memory.limit_in_bytes", limit);
        char *slash = strrchr(dir, '/');
        if (slash == NULL || (size_t)(slash - dir) < root_len)
            return;
        *slash = '\0';
    }
}

/* Whether a list as "cpu,memory" names the memory controller. */
static bool has_memory(const char *controllers)
{
    const char *found = strstr(controllers, "memory");

    return found != NULL && (found == controllers || found[-1] == ',') && (found[6] == ',' || found[6] == '\0');
}

/* A line: "0::/path" of version 2, or "4:memory:/path" of version 1. */
static void apply_line(char *line, const char *mounts, uint64_t *limit)
{
    char root[PATH_MAX];
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

    if (path == NULL)
        return;
    *path++ = '\0';
    path[strcspn(path, "\n")] = '\0';
    controllers++;
    if (*controllers == '\0') {
        apply_all(mounts, path, limit);
        snprintf(root, sizeof root, "%s/unified", mounts); /* where both versions are mounted */
        apply_all(root, path, limit);
    } else if (has_memory(controllers)) {
        snprintf(root, sizeof root, "%s/memory", mounts);
        apply_all(root, path, limit);
    }
}

uint64_t memory_limit_of(const char *groups, const char *mounts, uint64_t total)
{
    char line[LINE_MAX_LEN];
    FILE *stream = open_file(groups);

    if (stream == NULL)
        return total;
    while (fgets(line, sizeof line, stream) != NULL)
        apply_line(line, mounts, &total);
    fclose(stream);
    return total;
}

uint64_t memory_limit_default(void)
{
    return memory_limit_of("/proc/self/cgroup", "/sys/fs/cgroup", uv_get_total_memory()) / 2;
}
