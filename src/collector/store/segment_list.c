#include "collector/store/segment_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void segment_list_name(const char *name, uint64_t number, char *file_name)
{
    snprintf(file_name, NAME_MAX, "%s-%08" PRIu64 ".csv", name, number);
}

/* The number of one of our segments' names; 0 for any other name. */
static uint64_t number_of(const char *name, const char *file_name)
{
    size_t len = strlen(name);
    char expected[NAME_MAX + 1];

    if (strncmp(file_name, name, len) != 0 || file_name[len] != '-')
        return 0;
    uint64_t number = strtoull(file_name + len + 1, NULL, 10);
    segment_list_name(name, number, expected);
    return strcmp(expected, file_name) == 0 ? number : 0;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

static int add(struct segment_list *list, size_t *room, uint64_t number)
{
    if (list->count == *room) {
        size_t more = *room == 0 ? 64 : 2 * *room;
        uint64_t *larger = reallocarray(list->numbers, more, sizeof *larger);
        if (larger == NULL)
            return -ENOMEM;
        list->numbers = larger;
        *room = more;
    }
    list->numbers[list->count++] = number;
    return 0;
}

static int add_entries(struct segment_list *list, DIR *dir, const char *name)
{
    size_t room = 0;
    int rc = 0;

    while (rc == 0) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (entry == NULL)
            return -errno; /* 0 at the end: a list that lacks some would let a number be used again */
        uint64_t number = number_of(name, entry->d_name);
        if (number > 0)
            rc = add(list, &room, number);
    }
    return rc;
}

int segment_list_read(struct segment_list *list, int dir_fd, const char *name)
{
    struct segment_list found = {NULL, 0};

    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    int rc = add_entries(&found, dir, name);
    closedir(dir);
    if (rc < 0) {
        segment_list_free(&found);
        return rc;
    }
    if (found.count > 0)
        qsort(found.numbers, found.count, sizeof *found.numbers, compare_numbers);
    *list = found;
    return 0;
}

void segment_list_free(struct segment_list *list)
{
    free(list->numbers);
    *list = (struct segment_list){NULL, 0};
}

bool segment_list_has(const struct segment_list *list, uint64_t number)
{
    return list->count > 0 &&
           bsearch(&number, list->numbers, list->count, sizeof *list->numbers, compare_numbers) != NULL;
}
