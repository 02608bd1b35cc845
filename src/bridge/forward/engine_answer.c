#include "bridge/forward/engine_answer.h"

#include <string.h>

/* Of Prometheus's storage: it would answer the same for ever. */
static const char *const sample_errors[] = {"out of order sample", "duplicate sample", "out of bounds",
                                            "too old sample"};

static int names_sample_error(const char *body)
{
    for (size_t i = 0; i < sizeof sample_errors / sizeof *sample_errors; i++)
        if (strstr(body, sample_errors[i]) != NULL)
            return 1;
    return 0;
}

bool engine_answer_needs_window(const char *body)
{
    return strstr(body, "out of order sample") != NULL;
}

/* A login or error page of something in front of the engine: it has not seen the rows. */
static bool is_page(const char *body)
{
    return body[strspn(body, " \t\r\n")] == '<';
}

enum engine_answer engine_answer_of(long status, const char *body)
{
    if (status == 0)
        return ENGINE_LOST;
    if (status >= 200 && status < 300)
        return is_page(body) ? ENGINE_FORBIDDEN : ENGINE_ACCEPTED;
    if (status == 400 || status == 409 || status == 413 || status == 422)
        return ENGINE_REFUSED;
    if (status == 500)
        return names_sample_error(body) ? ENGINE_REFUSED : ENGINE_FAILED;
    if (status > 500 || status == 408 || status == 425 || status == 429)
        return ENGINE_BUSY;
    return ENGINE_FORBIDDEN;
}
