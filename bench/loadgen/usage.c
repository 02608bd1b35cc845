#include "loadgen/usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 64

/* The number after a name, in the first line that begins with it; 0: none. */
static uint64_t read_number(const char *path, const char *name)
{
    char line[128];
    uint64_t number = 0;

    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (number == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            number = strtoull(line + strlen(name), NULL, 10);
    (void)fclose(file);
    return number;
}

static uint64_t thread_ns(pid_t pid, long thread)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "/proc/%ld/task/%ld/schedstat", (long)pid, thread);
    return read_number(path, "");
}

static uint64_t resident_kib(pid_t pid)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    return read_number(path, "VmRSS:");
}

void usage_read(pid_t pid, struct usage *usage)
{
    char path[PATH_SIZE];

    *usage = (struct usage){0};
    snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *tasks = pid > 0 ? opendir(path) : NULL;
    if (tasks == NULL)
        return;
    for (const struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
        long thread = strtol(entry->d_name, NULL, 10);
        if (thread == (long)pid)
            usage->main_ns += thread_ns(pid, thread);
        else if (thread > 0)
            usage->other_ns += thread_ns(pid, thread);
    }
    (void)closedir(tasks);
    usage->resident_kib = resident_kib(pid);
}
