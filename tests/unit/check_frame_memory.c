#include "collector/intake/frame_memory.h"

#include "common/limits.h"

#include "support/cases.h"
#include "support/suite.h"

#define FRAMES 100U

static struct frame_memory_member members[FRAMES];
static struct frame_memory memory;

static void setup(void)
{
    memory = (struct frame_memory){0};
    for (unsigned i = 0; i < FRAMES; i++)
        members[i] = (struct frame_memory_member){0};
}

static void note(unsigned i, uint32_t bytes)
{
    frame_memory_note(&memory, &members[i], bytes);
}

START_TEST(bytes_are_counted_as_they_come_and_go)
{
    static const uint32_t rooms[] = {1, 512, 5000, FRAME_LEN_MAX, 512, 0, 256};

    note(1, 1024);
    for (unsigned i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        note(0, rooms[i]);
        ck_assert_uint_eq(memory.bytes, 1024 + rooms[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        note(0, 0);
        ck_assert_uint_eq(memory.bytes, 1024);
    }
    ck_assert_ptr_null(frame_memory_excess(&memory));
}
END_TEST

START_TEST(the_oldest_of_the_largest_goes)
{
    const unsigned fits = (unsigned)(FRAME_MEMORY_MAX / FRAME_LEN_MAX);

    note(0, 512);
    note(1, 40000);
    for (unsigned i = 2; i < fits + 1; i++)
        note(i, FRAME_LEN_MAX);
    ck_assert_ptr_null(frame_memory_excess(&memory));
    note(fits + 1, FRAME_LEN_MAX);
    ck_assert_ptr_eq(frame_memory_excess(&memory), &members[2]);
    note(2, 0);
    ck_assert_ptr_null(frame_memory_excess(&memory));
    note(2, FRAME_LEN_MAX); /* it begins anew */
    ck_assert_ptr_eq(frame_memory_excess(&memory), &members[3]);
}
END_TEST

START_TEST(however_small_they_are_they_are_bounded)
{
    memory.bytes = FRAME_MEMORY_MAX - 1000;
    note(0, 512);
    ck_assert_ptr_null(frame_memory_excess(&memory));
    note(1, 700);
    ck_assert_ptr_eq(frame_memory_excess(&memory), &members[0]);
    note(0, 0);
    ck_assert_ptr_null(frame_memory_excess(&memory));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame_memory");

    CASES_ADD(suite, "frame_memory", setup, NULL, bytes_are_counted_as_they_come_and_go, the_oldest_of_the_largest_goes,
              however_small_they_are_they_are_bounded);
    return suite_run(suite);
}
