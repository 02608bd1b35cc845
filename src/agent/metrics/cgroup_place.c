#include "agent/metrics/cgroup_place.h"

#include <stdio.h>
#include <string.h>

#define MOUNT_POINT "/sys/fs/cgroup"

struct word {
    const char *at;
    size_t len;
};

/* As they are named in /proc/PID/cgroup and in the options of a mount. */
static const char *const controllers[CGROUP_HIERARCHIES] = {
    [CGROUP_CPU] = "cpu",       [CGROUP_CPUACCT] = "cpuacct", [CGROUP_CPUSET] = "cpuset",
    [CGROUP_MEMORY] = "memory", [CGROUP_BLKIO] = "blkio",
};

/* What is before the next separator; *text continues behind it. false: the text has ended. */
static bool take(struct word *text, char separator, struct word *word)
{
    if (text->len == 0)
        return false;
    const char *end = memchr(text->at, separator, text->len);
    word->at = text->at;
    word->len = end != NULL ? (size_t)(end - text->at) : text->len;
    size_t taken = word->len + (end != NULL);
    text->at += taken;
    text->len -= taken;
    return true;
}

static bool is(struct word word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.at, text, word.len) == 0;
}

/* Whether the list "rw,cpu,cpuacct" has the name. */
static bool lists(struct word list, const char *name)
{
    struct word entry;

    while (take(&list, ',', &entry))
        if (is(entry, name))
            return true;
    return false;
}

/* false: it is too long, and nothing was written. */
static bool put(char out[CGROUP_PATH_MAX], struct word word)
{
    if (word.len >= CGROUP_PATH_MAX)
        return false;
    memcpy(out, word.at, word.len);
    out[word.len] = '\0';
    return true;
}

/* Whether path is prefix or below it; *rest is what follows, "" or "/...". */
static bool is_below(const char *path, const char *prefix, const char **rest)
{
    size_t len = strlen(prefix);

    while (len > 0 && prefix[len - 1] == '/')
        len--;
    if (strncmp(path, prefix, len) != 0 || (path[len] != '\0' && path[len] != '/'))
        return false;
    *rest = path[len] == '/' && path[len + 1] == '\0' ? "" : path + len;
    return true;
}

/* Outside of the reader's cgroup namespace. */
static bool is_outside(const char *path)
{
    return strncmp(path, "/..", 3) == 0 && (path[3] == '\0' || path[3] == '/');
}

void cgroup_places_init(struct cgroup_places *places)
{
    for (unsigned h = 0; h < CGROUP_HIERARCHIES; h++) {
        struct cgroup_place *place = &places->at[h];
        place->own[0] = place->dir[0] = '\0';
        place->top_len = 0;
        place->has_own = false;
    }
}

/* ---- /proc/PID/cgroup ---- */

static void cut_service(struct word *path)
{
    static const char end[] = ".service";
    size_t len = sizeof end - 1;

    if (path->len <= len || memcmp(path->at + path->len - len, end, len) != 0)
        return;
    while (path->at[path->len - 1] != '/')
        path->len--;
    if (path->len > 1)
        path->len--;
}

/* "4:memory:/a", or "0::/a" of version 2. */
static void take_own(struct cgroup_places *places, struct word line)
{
    struct word id, list;

    if (!take(&line, ':', &id) || !take(&line, ':', &list) || line.len == 0 || *line.at != '/')
        return;
    cut_service(&line);
    if (list.len == 0)
        put(places->at[CGROUP_UNIFIED].own, line);
    else
        for (unsigned h = CGROUP_UNIFIED + 1; h < CGROUP_HIERARCHIES; h++)
            if (lists(list, controllers[h]))
                put(places->at[h].own, line);
}

void cgroup_places_own(struct cgroup_places *places, const char *text, size_t len)
{
    struct word rest = {text, len};
    struct word line;

    while (take(&rest, '\n', &line))
        take_own(places, line);
}

/* ---- /proc/PID/mountinfo ---- */

struct mount {
    char root[CGROUP_PATH_MAX];  /* the cgroup that is mounted, as the reader's namespace names it */
    char point[CGROUP_PATH_MAX]; /* where */
    bool is_unified;
    struct word controllers;
};

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* The kernel writes blanks, tabs, newlines and backslashes of a path as \ooo. */
static void unescape(char *path)
{
    char *to = path;

    for (const char *from = path; *from != '\0'; to++)
        if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3])) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    *to = '\0';
}

/* "36 35 98:0 ROOT POINT OPTIONS [TAGS...] - TYPE SOURCE SUPER_OPTIONS" */
static bool parse_mount(struct word line, struct mount *mount)
{
    struct word word, root, point, type, super;

    for (unsigned i = 0; i < 3; i++)
        if (!take(&line, ' ', &word))
            return false;
    if (!take(&line, ' ', &root) || !take(&line, ' ', &point))
        return false;
    do {
        if (!take(&line, ' ', &word))
            return false;
    } while (!is(word, "-"));
    if (!take(&line, ' ', &type) || !take(&line, ' ', &word) || !take(&line, ' ', &super))
        return false;
    mount->is_unified = is(type, "cgroup2");
    mount->controllers = super;
    if ((!mount->is_unified && !is(type, "cgroup")) || !put(mount->root, root) || !put(mount->point, point))
        return false;
    unescape(mount->root);
    unescape(mount->point);
    return true;
}

static bool is_mount_of(const struct mount *mount, enum cgroup_hierarchy hierarchy)
{
    if (hierarchy == CGROUP_UNIFIED)
        return mount->is_unified;
    return !mount->is_unified && lists(mount->controllers, controllers[hierarchy]);
}

/* Where the process's own cgroup is looked for, what is mounted from outside of its namespace is not that. */
static bool can_be_own(const struct cgroup_place *place, const struct mount *mount)
{
    return place->own[0] == '\0' || (!is_outside(mount->root) && !is_outside(place->own));
}

/* The first mount that has the cgroup counts, or else the first one of all. Where none has it, what is mounted is what
 * the process is meant to see, as in a container without a cgroup namespace whose processes were moved. */
static void take_mount(struct cgroup_place *place, const struct mount *mount)
{
    const char *rest = "";
    bool has_it = place->own[0] != '\0' && is_below(place->own, mount->root, &rest);
    char dir[CGROUP_PATH_MAX];

    if (!can_be_own(place, mount) || place->has_own || (!has_it && place->dir[0] != '\0'))
        return;
    int len = snprintf(dir, sizeof dir, "%s%s", mount->point, rest);
    if (len <= 0 || len >= (int)sizeof dir)
        return;
    memcpy(place->dir, dir, (size_t)len + 1);
    place->top_len = strlen(mount->point);
    place->has_own = has_it;
}

static void assume_mounts(struct cgroup_places *places, bool is_unified)
{
    struct mount mount = {.root = "/", .is_unified = is_unified};

    for (unsigned h = 0; h < CGROUP_HIERARCHIES; h++) {
        if (is_unified != (h == CGROUP_UNIFIED))
            continue;
        snprintf(mount.point, sizeof mount.point, "%s%s%s", MOUNT_POINT, is_unified ? "" : "/",
                 is_unified ? "" : controllers[h]);
        take_mount(&places->at[h], &mount);
    }
}

void cgroup_places_mounted(struct cgroup_places *places, const char *text, size_t len, bool is_unified)
{
    struct word rest = {text, len};
    struct word line;
    struct mount mount;
    bool any = false;

    while (take(&rest, '\n', &line)) {
        if (!parse_mount(line, &mount))
            continue;
        any = true;
        for (unsigned h = 0; h < CGROUP_HIERARCHIES; h++)
            if (is_mount_of(&mount, h))
                take_mount(&places->at[h], &mount);
    }
    if (!any)
        assume_mounts(places, is_unified);
}

/* ---- a cgroup by name ---- */

/* The part of the name behind the mount point of a hierarchy, or behind /sys/fs/cgroup. */
static const char *path_in_hierarchy(const struct cgroup_places *places, const char *name)
{
    const char *path = name;
    const char *rest;

    if (is_below(name, MOUNT_POINT, &rest))
        path = rest;
    for (unsigned h = 0; h < CGROUP_HIERARCHIES; h++) {
        const struct cgroup_place *place = &places->at[h];
        char point[CGROUP_PATH_MAX];
        snprintf(point, sizeof point, "%.*s", (int)place->top_len, place->dir);
        if (place->dir[0] != '\0' && is_below(name, point, &rest) && strlen(rest) < strlen(path))
            path = rest;
    }
    return path;
}

void cgroup_places_name(struct cgroup_places *places, const char *name)
{
    char full[CGROUP_PATH_MAX];
    char path[CGROUP_PATH_MAX];

    snprintf(full, sizeof full, "%s%s", name[0] == '/' ? "" : MOUNT_POINT "/", name);
    snprintf(path, sizeof path, "%s", path_in_hierarchy(places, full));
    for (size_t len = strlen(path); len > 0 && path[len - 1] == '/'; len--)
        path[len - 1] = '\0';
    for (unsigned h = 0; h < CGROUP_HIERARCHIES; h++) {
        struct cgroup_place *place = &places->at[h];
        size_t room = CGROUP_PATH_MAX - place->top_len;
        if (place->dir[0] != '\0' && strlen(path) < room)
            snprintf(place->dir + place->top_len, room, "%s", path);
        else
            place->dir[0] = '\0';
    }
}
