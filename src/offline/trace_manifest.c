#include "offline/trace_manifest.h"

#include "offline/paths.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MANIFEST "manifest.json"

static int take_number(const char *path, const json_t *entry, const char *key, bool zero, double *value, char *error,
                       size_t size)
{
    json_t *number = json_object_get(entry, key);

    if (number == NULL)
        return 0;
    double given = json_is_number(number) ? json_number_value(number) : -1.0;
    if (given > 0.0 || (zero && given == 0.0)) {
        *value = given;
        return 0;
    }
    snprintf(error, size, "%s: %s is not a number %s 0", path, key, zero ? "of at least" : "above");
    return -EINVAL;
}

/* {"traces": [{"file": "a.csv", "replay_speed": 1, "replay_noise": 0.03}, ...]} and more. */
static int take_manifest(const char *path, const json_t *manifest, const char *name, double *speed, double *noise,
                         char *error, size_t size)
{
    size_t i;
    json_t *entry;

    json_array_foreach(json_object_get(manifest, "traces"), i, entry)
    {
        const char *named = json_string_value(json_object_get(entry, "file"));
        if (named == NULL || strcmp(named, name) != 0)
            continue;
        int rc = take_number(path, entry, "replay_speed", false, speed, error, size);
        return rc == 0 ? take_number(path, entry, "replay_noise", true, noise, error, size) : rc;
    }
    return 0;
}

bool trace_manifest_path(const char *trace_path, char *path, size_t size)
{
    int len = snprintf(path, size, "%.*s" MANIFEST, (int)(paths_name(trace_path) - trace_path), trace_path);
    return (size_t)len < size;
}

int trace_manifest_read(const char *trace_path, double *speed, double *noise, char *error, size_t size)
{
    char path[PATH_MAX];
    json_error_t wrong;

    if (!trace_manifest_path(trace_path, path, sizeof path) || access(path, F_OK) != 0)
        return 0;
    json_t *manifest = json_load_file(path, 0, &wrong);
    if (manifest == NULL) {
        snprintf(error, size, "%s:%d: %s", path, wrong.line, wrong.text);
        return -EINVAL;
    }
    int rc = take_manifest(path, manifest, paths_name(trace_path), speed, noise, error, size);
    json_decref(manifest);
    return rc;
}
