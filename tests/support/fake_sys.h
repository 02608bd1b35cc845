/* A /sys for tests of pure code: a list of paths, each of which may be followed by "=" and the text of the file. */
#ifndef SUPPORT_FAKE_SYS_H
#define SUPPORT_FAKE_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char *const *fake_sys; /* ends with NULL */
static unsigned fake_sys_questions; /* asked so far */

static bool fake_sys_has(const char *path, const char *behind)
{
    size_t len = strlen(path);

    for (const char *const *entry = fake_sys; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, path, len) == 0 && strchr(behind, (*entry)[len]) != NULL)
            return true;
    return false;
}

static bool fake_sys_on_exists(const char *path, void *arg)
{
    (void)arg;
    fake_sys_questions++;
    return fake_sys_has(path, "/="); /* and the end of the text */
}

static size_t fake_sys_on_read_short(const char *path, char *text, size_t size, void *arg)
{
    size_t len = strlen(path);

    (void)arg;
    fake_sys_questions++;
    for (const char *const *entry = fake_sys; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, path, len) != 0 || (*entry)[len] != '=')
            continue;
        const char *found = *entry + len + 1;
        size_t got = strlen(found) < size ? strlen(found) : size;
        memcpy(text, found, got);
        return got;
    }
    return 0;
}

static size_t fake_sys_on_list(const char *path, char *names, size_t size, void *arg)
{
    size_t len = strlen(path), total = 0;

    (void)arg;
    fake_sys_questions++;
    for (const char *const *entry = fake_sys; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, path, len) != 0 || (*entry)[len] != '/')
            continue;
        size_t entry_len = 1 + strcspn(*entry + len + 1, "/=");
        if (total + entry_len > size)
            break;
        memcpy(names + total, *entry + len, entry_len);
        total += entry_len;
    }
    return total;
}

#define FAKE_SYS_SOURCE .exists = fake_sys_on_exists, .read_short = fake_sys_on_read_short, .list = fake_sys_on_list

#endif
