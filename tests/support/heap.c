#include "support/heap.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define ALLOCATIONS_MAX 20000U /* of a scenario: one that fails more never ends */

/* Workers allocate as well. */
static atomic_uint asked;
static atomic_uint failing; /* 0: none */

#define ALL UINT_MAX

void heap_fail(unsigned nth)
{
    atomic_store(&asked, 0);
    atomic_store(&failing, nth);
}

void heap_exhaust(void)
{
    heap_fail(ALL);
}

bool heap_mend(void)
{
    unsigned nth = atomic_exchange(&failing, 0);

    return nth > 0 && atomic_load(&asked) >= (nth == ALL ? 1 : nth);
}

unsigned heap_each(heap_scenario *scenario)
{
    unsigned nth = 0;

    do {
        scenario(++nth);
        ck_assert_msg(atomic_load(&failing) == 0, "the scenario has not mended the heap");
        ck_assert_uint_lt(nth, ALLOCATIONS_MAX);
    } while (atomic_load(&asked) >= nth);
    ck_assert_uint_gt(nth, 1);
    return nth - 1;
}

static bool fails(void)
{
    unsigned nth = atomic_load(&failing);

    if (nth == 0)
        return false;
    if (atomic_fetch_add(&asked, 1) + 1 != nth && nth != ALL)
        return false;
    errno = ENOMEM;
    return true;
}

void *heap_malloc(size_t size)
{
    return fails() ? NULL : malloc(size);
}

void *heap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : calloc(count, size);
}

void *heap_realloc(void *pointer, size_t size)
{
    return fails() ? NULL : realloc(pointer, size);
}

void *heap_reallocarray(void *pointer, size_t count, size_t size)
{
    return fails() ? NULL : reallocarray(pointer, count, size);
}

char *heap_strdup(const char *text)
{
    return fails() ? NULL : strdup(text);
}

DIR *heap_fdopendir(int fd)
{
    return fails() ? NULL : fdopendir(fd);
}

FILE *heap_fopen(const char *path, const char *mode)
{
    return fails() ? NULL : fopen(path, mode);
}
