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

/* Field 22 of stat; the name of the program, in parentheses, may contain anything. */
static uint64_t start_ticks(pid_t pid)
{
    char path[PATH_SIZE];
    char line[1024];

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    const char *at = fgets(line, sizeof line, file) != NULL ? strrchr(line, ')') : NULL;
    (void)fclose(file);
    for (unsigned field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at, NULL, 10) : 0;
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
    usage->start_ticks = start_ticks(pid); /* last: the other figures are of a process that still existed */
}

void usage_span_begin(struct usage_span *span, pid_t pid)
{
    *span = (struct usage_span){.pid = pid};
    usage_read(pid, &span->last);
    span->ended = pid > 0 && span->last.start_ticks == 0;
}

/* A thread that ended takes its time with it, so that a sum may fall. */
static uint64_t risen(uint64_t before, uint64_t now)
{
    return now > before ? now - before : 0;
}

bool usage_span_add(struct usage_span *span)
{
    struct usage now;

    usage_read(span->pid, &now);
    if (span->ended || now.start_ticks != span->last.start_ticks || (span->pid > 0 && now.resident_kib == 0)) {
        span->ended = true;
        return false;
    }
    span->main_ns += risen(span->last.main_ns, now.main_ns);
    span->other_ns += risen(span->last.other_ns, now.other_ns);
    span->last = now;
    return true;
}
