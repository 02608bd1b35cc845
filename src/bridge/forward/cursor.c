#include "bridge/forward/cursor.h"

#include "common/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HASHED_LEN (CURSOR_LEN - 17)
#define FORMAT     "headroom-forward 1,%016" PRIx64 ",%016" PRIx64 ",%016" PRIx64 ",%016" PRIx64

_Static_assert(CURSOR_LEN == sizeof "headroom-forward 1" - 1 + 5 * 17 + 1, "CURSOR_LEN is the length of the line");

void cursor_format(const struct tail_place *place, char *text)
{
    snprintf(text, CURSOR_LEN + 1, FORMAT, place->passed, place->inode, place->offset, place->hash);
    snprintf(text + HASHED_LEN - 1, CURSOR_LEN + 2 - HASHED_LEN, ",%016" PRIx64 "\n",
             hash_fnv1a(hash_fnv1a_begin(), text, HASHED_LEN - 1));
}

/* Only what cursor_format() writes is one: so it is read with sscanf() and compared with what would be written. */
int cursor_parse(const char *text, size_t len, struct tail_place *place)
{
    struct tail_place found = {0};
    char line[CURSOR_LEN + 1] = "";
    char expected[CURSOR_LEN + 1];

    if (len != CURSOR_LEN)
        return -EBADMSG;
    memcpy(line, text, len);
    if (sscanf(line, "headroom-forward 1,%16" SCNx64 ",%16" SCNx64 ",%16" SCNx64 ",%16" SCNx64, &found.passed,
               &found.inode, &found.offset, &found.hash) != 4)
        return -EBADMSG;
    cursor_format(&found, expected);
    if (memcmp(line, expected, CURSOR_LEN) != 0)
        return -EBADMSG;
    *place = found;
    return 0;
}
