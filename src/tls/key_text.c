#include "tls/key_text.h"

#include "common/hash.h"
#include "common/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FLEET      "hr1:fleet:"
#define AGENT      "hr1:agent:"
#define SUM_LEN    8U
#define SECRET_MIN 16U /* bytes; below, guessing takes minutes once a handshake was recorded */

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* ---- writing ---- */

static void write_hex(const uint8_t bytes[KEY_LEN], char text[2 * KEY_LEN + 1])
{
    for (unsigned i = 0; i < KEY_LEN; i++)
        (void)snprintf(text + 2 * (size_t)i, 3, "%02x", bytes[i]);
}

static void write_sum(const char *text, size_t len, char sum[SUM_LEN + 1])
{
    uint64_t hash = hash_fnv1a(hash_fnv1a_begin(), text, len);

    (void)snprintf(sum, SUM_LEN + 1, "%08" PRIx32, (uint32_t)(hash ^ hash >> 32));
}

void key_text_format(const struct key_text *key, char text[KEY_TEXT_MAX + 1])
{
    char hex[2 * KEY_LEN + 1], sum[SUM_LEN + 1];
    struct writer writer = {.text = text, .size = KEY_TEXT_MAX + 1};
    const struct key_identity *identity = &key->identity;

    write_hex(key->bytes, hex);
    if (key->fleet)
        writer_print(&writer, FLEET "%s:", hex);
    else
        writer_print(&writer, AGENT "%s:%s:%s:%s:", identity->epoch, identity->group, identity->node, hex);
    write_sum(text, writer.len, sum);
    writer_print(&writer, "%s", sum);
}

/* ---- reading ---- */

static bool read_hex(const char *text, uint8_t bytes[KEY_LEN])
{
    if (strspn(text, "0123456789abcdef") != 2 * (size_t)KEY_LEN || text[2 * (size_t)KEY_LEN] != '\0')
        return false;
    for (unsigned i = 0; i < KEY_LEN; i++) {
        unsigned byte = 0;
        (void)sscanf(text + 2 * (size_t)i, "%2x", &byte); /* NOLINT(cert-err34-c): the digits are checked */
        bytes[i] = (uint8_t)byte;
    }
    return true;
}

static bool read_name(const char *field, char name[NAME_LEN_MAX + 1])
{
    if (field == NULL || strlen(field) > NAME_LEN_MAX)
        return false;
    memcpy(name, field, strlen(field) + 1);
    return true;
}

static bool read_identity(char **rest, struct key_identity *identity)
{
    const char *epoch = strsep(rest, ":");

    if (epoch == NULL || strlen(epoch) != KEY_EPOCH_LEN)
        return false;
    memcpy(identity->epoch, epoch, KEY_EPOCH_LEN + 1);
    return read_name(strsep(rest, ":"), identity->group) && read_name(strsep(rest, ":"), identity->node) &&
           key_identity_ok(identity);
}

/* What is no key at all: a token of an earlier version, or something that a person made up. */
static const char *explain_foreign(size_t len)
{
    return len < SECRET_MIN ? "holds a token that is too short to be a key; make one with \"headroom key --new\""
                            : "holds a token that is no key, such as a passphrase; make a key with \"headroom key "
                              "--new\"";
}

const char *key_text_parse(const char *line, size_t len, struct key_text *key)
{
    char copy[KEY_TEXT_MAX + 1], sum[SUM_LEN + 1];
    struct key_text found = {0};

    if (len == 0)
        return "is empty; make a key with \"headroom key --new\"";
    if (len > KEY_TEXT_MAX || memchr(line, '\0', len) != NULL)
        return explain_foreign(len);
    memcpy(copy, line, len);
    copy[len] = '\0';
    found.fleet = starts_with(copy, FLEET);
    if (!found.fleet && !starts_with(copy, AGENT))
        return explain_foreign(len);
    /* The checksum, then the fields before it. */
    if (len <= SUM_LEN || copy[len - SUM_LEN - 1] != ':')
        return "holds a key that is cut off; copy the whole line";
    write_sum(copy, len - SUM_LEN, sum);
    if (strcmp(copy + len - SUM_LEN, sum) != 0)
        return "holds a key with a typing error: its checksum is wrong; copy the whole line";
    copy[len - SUM_LEN - 1] = '\0';
    char *rest = copy + strlen(FLEET);
    if (!found.fleet && !read_identity(&rest, &found.identity))
        return "holds a key whose names are invalid; make it again with \"headroom key\"";
    if (rest == NULL || !read_hex(rest, found.bytes))
        return "holds a key that is not 32 bytes long; make it again with \"headroom key\"";
    *key = found;
    return NULL;
}

bool key_text_equal(const struct key_text *a, const struct key_text *b)
{
    return a->fleet == b->fleet && memcmp(a->bytes, b->bytes, KEY_LEN) == 0 &&
           strcmp(a->identity.epoch, b->identity.epoch) == 0 && strcmp(a->identity.group, b->identity.group) == 0 &&
           strcmp(a->identity.node, b->identity.node) == 0;
}
