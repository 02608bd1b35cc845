/* The agent's key, which is read again before each connection. */
#include "agent/uplink/uplink_key.h"

#include "support/hung_mount.h"
#include "support/keys.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct temp_dir dir;
static struct hung_mount hung = {.fd = -1};
static struct uplink_key *key;
static unsigned answers;
static char path[PATH_MAX];

static void write_key(unsigned fleet, mode_t mode)
{
    const struct key_text text = keys_fleet(fleet);
    char line[KEY_TEXT_MAX + 1];

    key_text_format(&text, line);
    temp_dir_write(&dir, "keys/token", line, strlen(line));
    ck_assert_int_eq(fchmodat(dir.fd, "keys/token", mode, 0), 0);
}

static void begin(void)
{
    const struct key_text first = keys_fleet(0);
    char error[256];

    temp_dir_create(&dir);
    ck_assert_int_eq(mkdirat(dir.fd, "keys", 0700), 0);
    write_key(0, 0600);
    (void)snprintf(path, sizeof path, "%s", temp_dir_path(&dir, "keys/token"));
    log_capture_start();
    test_loop_start();
    key = uplink_key_new(path, &first, error, sizeof error);
    ck_assert_msg(key != NULL, "%s", error);
    uplink_key_start(key, &test_loop);
    answers = 0;
}

static void end(void)
{
    hung_mount_end(&hung);
    uplink_key_close(key);
    uplink_key_close(key);
    test_loop_end();
    uplink_key_free(key);
    temp_dir_remove(&dir);
}

static void on_answer(void *arg)
{
    (void)arg;
    answers++;
}

static void look(void)
{
    uplink_key_look(key, on_answer, NULL);
    ck_assert_uint_eq(answers, 0); /* not before it returns */
    test_loop_until_count(&answers, 1);
    test_loop_for_ms(5);
    ck_assert_uint_eq(answers, 1);
    answers = 0;
}

static void assert_key(unsigned fleet)
{
    const struct key_text expected = keys_fleet(fleet);

    ck_assert(key_text_equal(&key->key, &expected));
}

START_TEST(a_new_key_is_used_for_the_next_connection)
{
    const void *before = key->credentials.client_psk;

    look();
    ck_assert_ptr_eq(key->credentials.client_psk, before);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "key"), 0);
    write_key(1, 0600);
    look();
    look();
    assert_key(1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "--token-file holds another key"), 1);
}
END_TEST

START_TEST(an_invalid_file_leaves_the_key_and_is_logged_once)
{
    temp_dir_write(&dir, "keys/token", "hr1:fleet:cut\n", 14);
    look();
    look();
    assert_key(0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "the key stays as it was: "), 1);
    ck_assert_int_eq(unlink(path), 0);
    look();
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "the key stays as it was: "), 2);
    write_key(1, 0600);
    look();
    assert_key(1);
    ck_assert_int_eq(unlink(path), 0);
    look();
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "the key stays as it was: "), 3);
}
END_TEST

START_TEST(a_file_that_others_can_read_is_warned_about_once)
{
    write_key(0, 0644);
    look();
    look();
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "--token-file: every user can read "), 1);
    write_key(0, 0600);
    look();
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "every user"), 1);
}
END_TEST

START_TEST(an_end_while_the_file_is_read_calls_nobody)
{
    uplink_key_look(key, on_answer, NULL);
    uplink_key_close(key);
    test_loop_for_ms(20);
    ck_assert_uint_eq(answers, 0);
}
END_TEST

static bool has_read(void *arg)
{
    (void)arg;
    return !key->works;
}

START_TEST(a_file_that_hangs_delays_one_connection_only)
{
    write_key(1, 0600);
    hung_mount_start(&hung, temp_dir_path(&dir, "keys"));
    uint64_t begin_ms = uv_now(&test_loop);
    look();
    uint64_t first_ms = uv_now(&test_loop) - begin_ms;
    ck_assert_msg(first_ms >= UPLINK_KEY_MS_MAX && first_ms < 5 * UPLINK_KEY_MS_MAX, "%u", (unsigned)first_ms);
    for (unsigned i = 0; i < 10; i++)
        look();
    ck_assert_uint_lt(uv_now(&test_loop) - begin_ms - first_ms, UPLINK_KEY_MS_MAX);
    assert_key(0);
    /* What comes late is used the next time. */
    hung_mount_end(&hung);
    test_loop_until(has_read, NULL);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "the key stays as it was: "), 0);
    look();
    /* The worker has read the file before the mount, or an error, according to where the end found it. */
    ck_assert_uint_le(log_capture_count(LOG_LEVEL_WARNING, "the key stays as it was: can't read "), 1);
    assert_key(1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink_key");
    TCase *tcase = tcase_create("uplink_key");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_new_key_is_used_for_the_next_connection);
    tcase_add_test(tcase, an_invalid_file_leaves_the_key_and_is_logged_once);
    tcase_add_test(tcase, a_file_that_others_can_read_is_warned_about_once);
    tcase_add_test(tcase, an_end_while_the_file_is_read_calls_nobody);
    if (hung_mount_prepare())
        tcase_add_test(tcase, a_file_that_hangs_delays_one_connection_only);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
