#include "offline/recordings.h"

#include "collector/store/segment_list.h"
#include "common/disk_posix.h"
#include "common/error_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERIES "metrics"
#define LIVE   SERIES ".csv"

static int add_path(struct recordings *recordings, const char *folder, const char *name)
{
    if (recordings->count == recordings->capacity) {
        size_t capacity = recordings->capacity > 0 ? 2 * recordings->capacity : 16;
        char **paths = reallocarray(recordings->paths, capacity, sizeof *paths);
        if (paths == NULL)
            return -ENOMEM;
        recordings->paths = paths;
        recordings->capacity = capacity;
    }
    char *path = NULL;
    if (asprintf(&path, "%s%s%s", folder, folder[0] != '\0' && name[0] != '\0' ? "/" : "", name) < 0)
        return -ENOMEM;
    recordings->paths[recordings->count++] = path;
    return 0;
}

static int add_segment(struct recordings *recordings, const struct disk *disk, const char *folder, uint64_t number)
{
    char name[NAME_MAX + 1];
    struct disk_status status;

    segment_list_name(SERIES, number, name);
    if (disk_look(disk, name, &status) != 0)
        segment_list_compressed_name(SERIES, number, name);
    return add_path(recordings, folder, name);
}

static int add_folder(struct recordings *recordings, const char *folder, char *error, size_t size)
{
    struct segment_list segments;
    struct disk_status status;
    size_t before = recordings->count;

    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return error_text_set(error, size, -errno, "%s: can't be read: %s", folder, strerror(errno));
    struct disk disk = disk_posix(dir);
    int rc = segment_list_read(&segments, &disk, SERIES);
    if (rc == 0) {
        for (size_t i = 0; i < segments.count && rc == 0; i++)
            rc = add_segment(recordings, &disk, folder, segments.numbers[i]);
        segment_list_free(&segments);
    }
    if (rc == 0 && disk_look(&disk, LIVE, &status) == 0)
        rc = add_path(recordings, folder, LIVE);
    close(dir);
    if (rc == 0 && recordings->count == before)
        return error_text_set(error, size, -ENOENT,
                              "%s: contains no " LIVE "; name the data directory of a collector, or files", folder);
    return rc == 0 ? 0 : error_text_set(error, size, rc, "%s: can't be read: %s", folder, strerror(-rc));
}

int recordings_add(struct recordings *recordings, const char *operand, char *error, size_t size)
{
    struct stat found;

    if (stat(operand, &found) == 0 && S_ISDIR(found.st_mode))
        return add_folder(recordings, operand, error, size);
    int rc = add_path(recordings, operand, "");
    return rc == 0 ? 0 : error_text_set(error, size, rc, "out of memory");
}

void recordings_deinit(struct recordings *recordings)
{
    for (size_t i = 0; i < recordings->count; i++)
        free(recordings->paths[i]);
    free(recordings->paths);
    *recordings = (struct recordings){0};
}
