#include "tls/key_identity.h"

#include "common/parse.h"
#include "common/writer.h"

#include <string.h>

#define PREFIX "hr1/agent/"

/* ---- parts ---- */

static bool epoch_ok(const char *epoch)
{
    return strlen(epoch) == KEY_EPOCH_LEN && strspn(epoch, "0123456789abcdef") == KEY_EPOCH_LEN;
}

static bool part_ok(const char *part)
{
    return strcmp(part, KEY_ANY) == 0 || parse_name_ok(part, strlen(part));
}

bool key_identity_ok(const struct key_identity *identity)
{
    size_t len = sizeof PREFIX - 1 + KEY_EPOCH_LEN + 1 + strlen(identity->group) + 1 + strlen(identity->node);

    return epoch_ok(identity->epoch) && part_ok(identity->group) && part_ok(identity->node) && len <= KEY_IDENTITY_MAX;
}

/* ---- text ---- */

void key_identity_format(const struct key_identity *identity, char text[KEY_IDENTITY_MAX + 1])
{
    struct writer writer = {.text = text, .size = KEY_IDENTITY_MAX + 1};

    writer_print(&writer, PREFIX "%s/%s/%s", identity->epoch, identity->group, identity->node);
}

/* Copies the part of *rest before the next slash, or all of it if there is none. */
static bool take_part(const char **rest, char *part, size_t size)
{
    size_t len = strcspn(*rest, "/");

    if (len >= size)
        return false;
    memcpy(part, *rest, len);
    part[len] = '\0';
    *rest += len + ((*rest)[len] == '/');
    return true;
}

bool key_identity_parse(const char *text, size_t len, struct key_identity *identity)
{
    char copy[KEY_IDENTITY_MAX + 1], again[KEY_IDENTITY_MAX + 1];
    struct key_identity found;

    if (len > KEY_IDENTITY_MAX || len < sizeof PREFIX - 1 || memcmp(text, PREFIX, sizeof PREFIX - 1) != 0)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    const char *rest = copy + sizeof PREFIX - 1;
    if (!take_part(&rest, found.epoch, sizeof found.epoch) || !take_part(&rest, found.group, sizeof found.group) ||
        !take_part(&rest, found.node, sizeof found.node) || !key_identity_ok(&found))
        return false;
    /* Zero bytes, and slashes too many, do not come back. */
    key_identity_format(&found, again);
    if (strlen(again) != len || memcmp(again, text, len) != 0)
        return false;
    *identity = found;
    return true;
}

bool key_identity_covers(const struct key_identity *identity, const char *group, const char *node)
{
    return (strcmp(identity->group, KEY_ANY) == 0 || strcmp(identity->group, group) == 0) &&
           (strcmp(identity->node, KEY_ANY) == 0 || strcmp(identity->node, node) == 0);
}
