/* Whatever an engine answers to a query, it is one number from 0, no series, or a sentence of one printable line. */
#include "bridge/query/query_answer.h"
#include "fuzz/fuzz.h"

#include <math.h>
#include <string.h>

static const long statuses[] = {200, 204, 302, 400, 422, 500, 503};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct query_answer answer;
    long status = statuses[fuzz_byte(&data, &size) % (sizeof statuses / sizeof *statuses)];
    char location[64] = "";

    if (status == 302 && size > 0) /* a header has no zero bytes */
        memcpy(location, data, strnlen((const char *)data, size < sizeof location ? size : sizeof location - 1));
    query_answer_read(&answer, status, location, (const char *)data, size);
    if (answer.kind == QUERY_VALUE)
        MUST(status < 300 && isfinite(answer.value) && answer.value >= 0 && answer.time_ms >= 0);
    if (answer.kind != QUERY_UNUSABLE)
        return 0;
    MUST(memchr(answer.sentence, '\0', sizeof answer.sentence) != NULL && answer.sentence[0] != '\0');
    for (const char *at = answer.sentence; *at != '\0'; at++)
        MUST(*at >= ' ' && *at <= '~');
    return 0;
}
