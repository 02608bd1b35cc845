#include "agent/node/mounts.h"

#include "common/parse.h"

#include <string.h>

#define LINE_LEN_MAX 4096U
#define FIELDS_MAX   24U

/* ---- the fields of a line ---- */

struct line {
    char text[LINE_LEN_MAX];
    char *fields[FIELDS_MAX];
    unsigned count;
};

enum { FIELD_DEVICE = 2, FIELD_PATH = 4, FIELD_OPTIONAL = 6 };

static void split(struct line *line)
{
    char *rest = line->text;

    line->count = 0;
    while (rest != NULL && line->count < FIELDS_MAX)
        line->fields[line->count++] = strsep(&rest, " ");
}

/* Copies the first line and moves behind it. false: there is no whole one. */
static bool take_line(const char **text, size_t *len, struct line *line)
{
    const char *end = memchr(*text, '\n', *len);

    if (end == NULL)
        return false;
    size_t line_len = (size_t)(end - *text);
    size_t copied = line_len < sizeof line->text ? line_len : 0;
    memcpy(line->text, *text, copied);
    line->text[copied] = '\0';
    *text += line_len + 1;
    *len -= line_len + 1;
    split(line);
    return true;
}

/* The type; behind it are the source and the options of the file system. NULL: the line is none of mountinfo. */
static char **find_type(struct line *line)
{
    for (unsigned i = FIELD_OPTIONAL; i + 3 < line->count; i++)
        if (strcmp(line->fields[i], "-") == 0)
            return &line->fields[i + 1];
    return NULL;
}

static bool is_octal(const char *digits)
{
    for (unsigned i = 0; i < 3; i++)
        if (digits[i] < '0' || digits[i] > '7')
            return false;
    return true;
}

/* Spaces and the like are written as \040. */
static void unescape(char *path)
{
    char *to = path;

    for (const char *from = path; *from != '\0'; to++)
        if (*from == '\\' && is_octal(from + 1)) {
            *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    *to = '\0';
}

/* ---- which count ---- */

static bool is_any(const char *type, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(type, *names) == 0)
            return true;
    return false;
}

static bool can_fill_up(const char *type, unsigned major, const char *path)
{
    static const char *const images[] = {"squashfs", "iso9660", "udf", "erofs", "cramfs", "romfs", NULL};
    static const char *const managers[] = {"btrfs", "zfs", "bcachefs", "ubifs", NULL};

    if (is_any(type, images))
        return false;
    if (strcmp(type, "overlay") == 0)
        return strcmp(path, "/") == 0;
    return major != 0 || is_any(type, managers);
}

/* The options of the mount itself say nothing: a sandbox makes mounts read-only for some. */
static bool is_read_only(const char *options)
{
    return strcmp(options, "ro") == 0 || strncmp(options, "ro,", 3) == 0;
}

/* "8:1" */
static bool parse_device(char *text, struct mount *mount)
{
    char *minor = text;
    const char *major = strsep(&minor, ":");

    return minor != NULL && parse_unsigned(major, &mount->major) == 0 && parse_unsigned(minor, &mount->minor) == 0;
}

static bool parse_mount(struct line *line, struct mount *mount)
{
    char **type = find_type(line);

    if (type == NULL || !parse_device(line->fields[FIELD_DEVICE], mount))
        return false;
    unescape(line->fields[FIELD_PATH]);
    size_t len = strlen(line->fields[FIELD_PATH]);
    if (len >= sizeof mount->path || line->fields[FIELD_PATH][0] != '/')
        return false;
    memcpy(mount->path, line->fields[FIELD_PATH], len + 1);
    return can_fill_up(type[0], mount->major, mount->path) && !is_read_only(type[2]);
}

static bool is_listed(const struct mount *mount, const struct mount *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i].major == mount->major && list[i].minor == mount->minor)
            return true;
    return false;
}

unsigned mounts_parse(const char *text, size_t len, struct mount *list, unsigned max)
{
    struct line line;
    struct mount mount;
    unsigned count = 0;

    while (take_line(&text, &len, &line)) {
        if (!parse_mount(&line, &mount) || is_listed(&mount, list, count < max ? count : max))
            continue;
        if (count < max)
            list[count] = mount;
        count++;
    }
    return count;
}

bool mounts_equal(const struct mount *a, const struct mount *b)
{
    return a->major == b->major && a->minor == b->minor && strcmp(a->path, b->path) == 0;
}
