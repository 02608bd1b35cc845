#include "bridge/forward/cursor.h"

#include "common/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN      "headroom-forward 1"
#define FIELDS     ((size_t)9)
#define HASHED_LEN (sizeof BEGIN - 1 + FIELDS * 17)

_Static_assert(CURSOR_LEN == HASHED_LEN + 17 + 1, "CURSOR_LEN is the length of the line");

static void put_field(char **at, uint64_t field)
{
    *at += snprintf(*at, 18, ",%016" PRIx64, field);
}

static void put_place(char **at, const struct tail_place *place)
{
    put_field(at, place->passed);
    put_field(at, place->inode);
    put_field(at, place->offset);
    put_field(at, place->hash);
}

void cursor_format(const struct forward_place *place, char *text)
{
    char *at = text + sizeof BEGIN - 1;

    memcpy(text, BEGIN, sizeof BEGIN - 1);
    put_place(&at, &place->rows);
    put_place(&at, &place->decisions);
    put_field(&at, (uint64_t)place->time_ms);
    put_field(&at, hash_fnv1a(hash_fnv1a_begin(), text, HASHED_LEN));
    memcpy(at, "\n", 2);
}

static struct tail_place take_place(const uint64_t *fields)
{
    return (struct tail_place){.passed = fields[0], .inode = fields[1], .offset = fields[2], .hash = fields[3]};
}

/* Only what cursor_format() writes is one: so the fields are read and compared with what would be written. */
int cursor_parse(const char *text, size_t len, struct forward_place *place)
{
    uint64_t fields[FIELDS];
    char line[CURSOR_LEN + 1] = "";
    char expected[CURSOR_LEN + 1];

    if (len != CURSOR_LEN)
        return -EBADMSG;
    memcpy(line, text, len);
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = strtoull(line + sizeof BEGIN + i * 17, NULL, 16);
    const struct forward_place found = {
        .rows = take_place(fields), .decisions = take_place(fields + 4), .time_ms = (int64_t)fields[8]};
    cursor_format(&found, expected);
    if (memcmp(line, expected, CURSOR_LEN) != 0)
        return -EBADMSG;
    *place = found;
    return 0;
}
