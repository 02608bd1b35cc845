/* The record of the collector that uses a directory, and what looks at it conclude. */
#include "collector/store/lock_record.h"

#include "common/disk_posix.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <string.h>

static struct temp_dir dir;
static struct disk disk;
static const struct lock_record example = {.machine = 0x1122334455667788,
                                           .run = 0xFEDCBA9876543210,
                                           .count = 7,
                                           .process = 4194304,
                                           .running = true,
                                           .host = "rack-3.example"};

static void begin(void)
{
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
}

static void end(void)
{
    temp_dir_remove(&dir);
}

static void must_write(const struct lock_record *record)
{
    int file = disk_open(&disk, LOCK_RECORD_FILE, DISK_LOCKED);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(lock_record_write(&disk, file, record), 0);
    ck_assert_int_eq(disk_close(&disk, file), 0);
}

static void assert_reads(const struct lock_record *wanted)
{
    struct lock_record found;

    ck_assert_int_eq(lock_record_read(&disk, &found), 0);
    ck_assert_uint_eq(found.machine, wanted->machine);
    ck_assert_uint_eq(found.run, wanted->run);
    ck_assert_uint_eq(found.count, wanted->count);
    ck_assert_uint_eq(found.process, wanted->process);
    ck_assert_int_eq(found.running, wanted->running);
    ck_assert_str_eq(found.host, wanted->host);
}

/* ---- the file ---- */

START_TEST(record_is_read_as_it_was_written)
{
    struct lock_record record = example;

    must_write(&record);
    assert_reads(&record);
    record.running = false;
    record.process = UINT64_MAX;
    memset(record.host, 'h', NAME_LEN_MAX);
    must_write(&record);
    assert_reads(&record);
    must_write(&example); /* a shorter one */
    assert_reads(&example);
}
END_TEST

START_TEST(file_is_one_line_of_text)
{
    size_t len = 0;

    must_write(&example);
    const char *text = temp_dir_read(&dir, LOCK_RECORD_FILE, &len);
    ck_assert_uint_eq(len, LOCK_RECORD_LEN);
    ck_assert_ptr_eq(strchr(text, '\n'), text + len - 1);
    ck_assert_int_eq(strncmp(text,
                             "headroom-lock 1,1122334455667788,fedcba9876543210,0000000000000007,4194304,running,"
                             "rack-3.example,",
                             98),
                     0);
}
END_TEST

START_TEST(missing_and_empty_files_have_no_record)
{
    struct lock_record found = example;

    ck_assert_int_eq(lock_record_read(&disk, &found), -ENOENT);
    temp_dir_write(&dir, LOCK_RECORD_FILE, "", 0);
    ck_assert_int_eq(lock_record_read(&disk, &found), -ENOENT);
    ck_assert_str_eq(found.host, example.host);
}
END_TEST

START_TEST(each_changed_or_missing_byte_is_noticed)
{
    struct lock_record found;
    char text[LOCK_RECORD_LEN];
    size_t len = 0;

    must_write(&example);
    memcpy(text, temp_dir_read(&dir, LOCK_RECORD_FILE, &len), sizeof text);
    while (text[len - 1] == ' ' || text[len - 1] == '\n')
        len--;
    for (size_t i = 0; i < len; i++) {
        text[i] ^= 1;
        temp_dir_write(&dir, LOCK_RECORD_FILE, text, sizeof text);
        ck_assert_int_eq(lock_record_read(&disk, &found), -EBADMSG);
        text[i] ^= 1;
        temp_dir_write(&dir, LOCK_RECORD_FILE, text, i);
        ck_assert_int_eq(lock_record_read(&disk, &found), i == 0 ? -ENOENT : -EBADMSG);
    }
}
END_TEST

/* ---- the machine ---- */

START_TEST(machine_is_the_beginning_of_its_boot_id)
{
    ck_assert_uint_eq(lock_record_machine("5eed0001-aaaa-4bbb-8ccc-990385173eaf\n"), 0x5eed0001aaaa4bbb);
    ck_assert_uint_eq(lock_record_machine("5eed0001aaaa4bbb8ccc990385173eaf"), 0x5eed0001aaaa4bbb);
    ck_assert_uint_eq(lock_record_machine(""), 0);
    ck_assert_uint_eq(lock_record_machine("5eed0001-aaaa"), 0);
    ck_assert_uint_eq(lock_record_machine("%b"), 0);
}
END_TEST

START_TEST(machine_that_is_not_known_is_not_this_one)
{
    struct lock_record record = example;

    ck_assert(lock_record_is_of(&record, example.machine));
    ck_assert(!lock_record_is_of(&record, 5));
    ck_assert(!lock_record_is_of(&record, 0));
    record.machine = 0;
    ck_assert(!lock_record_is_of(&record, 0));
}
END_TEST

/* ---- waiting ---- */

START_TEST(record_that_does_not_change_is_free_in_the_end)
{
    struct lock_wait wait = {.seen = example};

    for (unsigned i = 1; i < LOCK_RECORD_LOOKS; i++)
        ck_assert_int_eq(lock_wait_look(&wait, &example, 0), LOCK_WAIT);
    ck_assert_int_eq(lock_wait_look(&wait, &example, 0), LOCK_FREE);
}
END_TEST

START_TEST(wait_covers_two_renewals_and_the_lapse)
{
    ck_assert_uint_gt(LOCK_RECORD_LOOKS * LOCK_RECORD_LOOK_MS, 2 * LOCK_RECORD_RENEW_MS);
    ck_assert_uint_gt(LOCK_RECORD_LOOKS * LOCK_RECORD_LOOK_MS, LOCK_RECORD_LAPSE_MS);
}
END_TEST

START_TEST(each_change_but_the_end_says_that_it_runs)
{
    struct lock_wait wait = {.seen = example};
    struct lock_record found = example;

    found.count++;
    ck_assert_int_eq(lock_wait_look(&wait, &found, 0), LOCK_TAKEN);
    found = example;
    found.run++; /* another one was started meanwhile */
    ck_assert_int_eq(lock_wait_look(&wait, &found, 0), LOCK_TAKEN);
    found.running = false;
    ck_assert_int_eq(lock_wait_look(&wait, &found, 0), LOCK_FREE);
}
END_TEST

START_TEST(look_that_hangs_begins_the_wait_anew)
{
    struct lock_wait wait = {.seen = example};

    for (unsigned i = 1; i < LOCK_RECORD_LOOKS; i++)
        ck_assert_int_eq(lock_wait_look(&wait, &example, LOCK_RECORD_LOOK_MS_MAX), LOCK_WAIT);
    ck_assert_int_eq(lock_wait_look(&wait, &example, LOCK_RECORD_LOOK_MS_MAX + 1), LOCK_WAIT);
    for (unsigned i = 1; i < LOCK_RECORD_LOOKS; i++)
        ck_assert_int_eq(lock_wait_look(&wait, &example, 0), LOCK_WAIT);
    ck_assert_int_eq(lock_wait_look(&wait, &example, 0), LOCK_FREE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lock_record");
    TCase *tests = tcase_create("lock_record");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, record_is_read_as_it_was_written);
    tcase_add_test(tests, file_is_one_line_of_text);
    tcase_add_test(tests, missing_and_empty_files_have_no_record);
    tcase_add_test(tests, each_changed_or_missing_byte_is_noticed);
    tcase_add_test(tests, machine_is_the_beginning_of_its_boot_id);
    tcase_add_test(tests, machine_that_is_not_known_is_not_this_one);
    tcase_add_test(tests, record_that_does_not_change_is_free_in_the_end);
    tcase_add_test(tests, wait_covers_two_renewals_and_the_lapse);
    tcase_add_test(tests, each_change_but_the_end_says_that_it_runs);
    tcase_add_test(tests, look_that_hangs_begins_the_wait_anew);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
