/* The scalers' state on a real disk: replaced as a whole or not at all. */
#include "collector/autoscale/snapshot.h"

#include "collector/autoscale/snapshot_file.h"
#include "common/disk_posix.h"
#include "common/hash.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME  "scaler.state"
#define KILLS 30
#define STEPS 3U
#define END   "end 0 0123456789abcdef\n" /* its length */

static struct temp_dir dir;
static struct disk disk;
static struct snapshot snapshot;
static unsigned filled;
static unsigned steps;
static unsigned drained;
static int fill_rc;
static size_t padding; /* bytes of each text in addition to its number */

/* A text that the test recognizes as whole: a number, `padding` dots, and the end and sum that each text gets. It is
 * made in STEPS steps. */
static bool on_fill(struct state_text *text, unsigned step, void *arg)
{
    ck_assert_ptr_eq(arg, &dir);
    ck_assert_uint_eq(step, steps % STEPS);
    steps++;
    if (step == 0) {
        filled++;
        text->text = realloc(text->text, padding + 64);
        ck_assert_ptr_nonnull(text->text);
        text->size = padding + 64;
        text->len = (size_t)sprintf(text->text, "%u\n", filled);
        text->rc = 0;
        return true;
    }
    size_t part = step == 1 ? padding / 2 : padding - padding / 2;
    memset(text->text + text->len, '.', part);
    text->len += part;
    text->rc = fill_rc;
    return step < STEPS - 1;
}

static void on_drained(void *arg)
{
    ck_assert_ptr_eq(arg, &snapshot);
    drained++;
}

static void start(void)
{
    snapshot_start(&snapshot, &test_loop, &disk, on_fill, &dir);
}

static void begin(void)
{
    log_capture_start();
    test_loop_start();
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    filled = drained = steps = 0;
    fill_rc = 0;
    padding = 100;
    start();
}

static void end(void)
{
    snapshot_close(&snapshot);
    test_loop_end();
    snapshot_deinit(&snapshot);
    temp_dir_remove(&dir);
}

/* The number of the text in the file, which is a whole one. 0: there is no file. */
static unsigned number_in_file(void)
{
    size_t len = 0;
    const char *text = temp_dir_read(&dir, NAME, &len);
    char sum[sizeof END];
    unsigned number = 0;
    int digits = 0;

    if (text == NULL)
        return 0;
    ck_assert_int_eq(sscanf(text, "%u\n%n", &number, &digits), 1);
    ck_assert_uint_ge(len, strlen(END));
    ck_assert_uint_eq(strspn(text + digits, "."), len - strlen(END) - (size_t)digits);
    snprintf(sum, sizeof sum, "end 0 %016" PRIx64 "\n",
             hash_fnv1a(hash_fnv1a_begin(), text, len - strlen("0123456789abcdef\n")));
    ck_assert_str_eq(text + len - strlen(END), sum);
    return number;
}

static bool is_in_file(void *arg)
{
    return number_in_file() >= *(unsigned *)arg;
}

static void await_number(unsigned number)
{
    test_loop_until(is_in_file, &number);
}

static bool is_logged(void *arg)
{
    return log_capture_find(arg) != NULL;
}

static void await_log(const char *text)
{
    test_loop_until(is_logged, (void *)text);
}

static void drain(void)
{
    unsigned before = drained;

    snapshot_drain(&snapshot, on_drained, &snapshot);
    test_loop_until_count(&drained, before + 1);
}

static bool timer_runs(void *arg)
{
    (void)arg;
    return uv_is_active((uv_handle_t *)&snapshot.timer);
}

static bool timer_is_over(void *arg)
{
    return !timer_runs(arg);
}

/* Also after the timer of a poke that came before the drain. */
START_TEST(drained_is_reported_once)
{
    snapshot_poke(&snapshot);
    await_number(1);
    snapshot_poke(&snapshot);
    test_loop_until(timer_runs, NULL); /* it waits for its second */
    drain();
    ck_assert_uint_eq(drained, 1);
    test_loop_until(timer_is_over, NULL);
    ck_assert_uint_eq(drained, 1);
}
END_TEST

START_TEST(poke_brings_the_text_into_the_file)
{
    struct stat status;

    snapshot_poke(&snapshot);
    await_number(1);
    ck_assert_int_eq(fstatat(dir.fd, NAME, &status, 0), 0);
    ck_assert_int_eq(status.st_mode & 0777 & 0137, 0);
    test_loop_for_ms(20);
    ck_assert_uint_eq(temp_dir_count(&dir, ""), 1);
}
END_TEST

START_TEST(pokes_within_a_second_become_one)
{
    snapshot_poke(&snapshot);
    snapshot_poke(&snapshot);
    uint64_t start_ms = uv_now(&test_loop);
    for (unsigned i = 0; i < 20; i++) {
        snapshot_poke(&snapshot);
        test_loop_for_ms(20);
    }
    ck_assert_uint_eq(filled, 1);
    await_number(2);
    ck_assert_uint_ge(uv_now(&test_loop) - start_ms, 1000);
    test_loop_for_ms(50);
    ck_assert_uint_eq(filled, 2);
}
END_TEST

START_TEST(drain_writes_at_once_and_once_more)
{
    snapshot_poke(&snapshot);
    drain();
    ck_assert_uint_eq(number_in_file(), 2); /* the first was under way, and may have been from before the last tick */
    ck_assert_uint_eq(drained, 1);
}
END_TEST

START_TEST(drain_without_a_poke_writes)
{
    drain();
    ck_assert_uint_eq(number_in_file(), 1);
}
END_TEST

START_TEST(text_is_made_a_slice_a_turn)
{
    snapshot.slices.slice_ns = 0;
    snapshot_poke(&snapshot);
    ck_assert_uint_eq(steps, 1);
    for (unsigned turn = 2; turn <= STEPS; turn++) {
        snapshot_poke(&snapshot); /* is for the next text */
        uv_run(&test_loop, UV_RUN_NOWAIT);
        ck_assert_uint_eq(steps, turn);
    }
    ck_assert_uint_eq(filled, 1);
    drain();
    ck_assert_uint_eq(number_in_file(), 2);
}
END_TEST

START_TEST(close_ends_a_text_that_is_under_way)
{
    snapshot.slices.slice_ns = 0;
    snapshot_poke(&snapshot);
    snapshot_close(&snapshot);
    ck_assert_int_eq(uv_run(&test_loop, UV_RUN_DEFAULT), 0);
    ck_assert_uint_eq(steps, 1);
    ck_assert_uint_eq(number_in_file(), 0);
}
END_TEST

START_TEST(after_close_nobody_is_called)
{
    snapshot_drain(&snapshot, on_drained, &snapshot);
    snapshot_close(&snapshot);
    ck_assert_int_eq(uv_run(&test_loop, UV_RUN_DEFAULT), 0);
    ck_assert_uint_eq(drained, 0);
    ck_assert_uint_eq(number_in_file(), 1);
}
END_TEST

START_TEST(leftover_of_a_kill_is_written_over)
{
    char rest[5000];

    memset(rest, 'x', sizeof rest);
    temp_dir_write(&dir, NAME ".tmp", rest, sizeof rest);
    drain();
    ck_assert_uint_eq(number_in_file(), 1);
    ck_assert_uint_eq(temp_dir_count(&dir, ""), 1);
}
END_TEST

/* A folder in the way is what stops root as well. */
START_TEST(failure_is_told_once_and_so_is_its_end)
{
    ck_assert_int_eq(mkdirat(dir.fd, NAME ".tmp", 0700), 0);
    snapshot_poke(&snapshot);
    await_log("scaler.state can't be written: Is a directory");
    snapshot_poke(&snapshot);
    unsigned tries = 2;
    test_loop_until_count(&filled, tries);
    test_loop_for_ms(50);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "can't be written"), 1);
    ck_assert_int_eq(unlinkat(dir.fd, NAME ".tmp", AT_REMOVEDIR), 0);
    snapshot_poke(&snapshot);
    await_log("scaler.state can be written again");
    ck_assert_uint_eq(number_in_file(), 3);
}
END_TEST

START_TEST(drain_ends_when_the_disk_fails)
{
    ck_assert_int_eq(mkdirat(dir.fd, NAME ".tmp", 0700), 0);
    drain();
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "can't be written"), 1);
    ck_assert_int_eq(unlinkat(dir.fd, NAME ".tmp", AT_REMOVEDIR), 0);
}
END_TEST

START_TEST(text_that_can_not_be_made_is_a_failure)
{
    fill_rc = -EFBIG;
    drain();
    ck_assert_ptr_nonnull(log_capture_find("scaler.state can't be written: File too large"));
    ck_assert_uint_eq(number_in_file(), 0);
}
END_TEST

START_TEST(full_disk_keeps_the_last_text)
{
    struct temp_dir whole = dir;

    if (!temp_dir_create_small(&dir, 65536)) {
        dir = whole;
        return;
    }
    disk = disk_posix(dir.fd);
    drain();
    ck_assert_uint_eq(number_in_file(), 1);
    padding = 200000;
    drain();
    ck_assert_ptr_nonnull(log_capture_find("scaler.state can't be written: No space left on device"));
    ck_assert_uint_eq(number_in_file(), 1);
    ck_assert_uint_eq(temp_dir_count(&dir, NAME), 1);
    padding = 100;
    drain();
    ck_assert_uint_eq(number_in_file(), 3);
    temp_dir_remove(&dir);
    dir = whole;
}
END_TEST

/* ---- kills ---- */

static void on_drained_again(void *arg)
{
    padding = padding == 100 ? 300000 : 100;
    snapshot_drain(&snapshot, on_drained_again, arg);
}

static void write_for_ever(void)
{
    uv_loop_t loop;

    uv_loop_init(&loop);
    snapshot_start(&snapshot, &loop, &disk, on_fill, &dir);
    on_drained_again(NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    _exit(1);
}

START_TEST(kill_at_any_moment_leaves_a_whole_file)
{
    unsigned last = 0;
    int status = 0;

    for (unsigned i = 0; i < KILLS; i++) {
        filled = last;
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
            write_for_ever();
        while (number_in_file() == last) /* however slow the machine is; check has a timeout */
            usleep(500);
        usleep(i * 777);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status));
        ck_assert_uint_ge(number_in_file(), last);
        last = number_in_file();
    }
    ck_assert_uint_ge(last, KILLS);
}
END_TEST

/* ---- reading ---- */

START_TEST(what_was_written_is_read)
{
    drain();
    ck_assert_int_eq(snapshot_file_read(&disk, &snapshot.text), 0);
    ck_assert_uint_eq(snapshot.text.len, 2 + padding + strlen(END));
    ck_assert_mem_eq(snapshot.text.text, "1\n..", 4);
}
END_TEST

START_TEST(no_file_is_no_file)
{
    ck_assert_int_eq(snapshot_file_read(&disk, &snapshot.text), -ENOENT);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, ""), 0);
}
END_TEST

START_TEST(empty_file_is_read)
{
    temp_dir_write(&dir, NAME, "", 0);
    ck_assert_int_eq(snapshot_file_read(&disk, &snapshot.text), 0);
    ck_assert_uint_eq(snapshot.text.len, 0);
}
END_TEST

START_TEST(file_longer_than_any_is_not_read)
{
    temp_dir_write(&dir, NAME, "x", 1);
    temp_dir_truncate(&dir, NAME, STATE_LEN_MAX);
    ck_assert_int_eq(snapshot_file_read(&disk, &snapshot.text), 0);
    temp_dir_truncate(&dir, NAME, STATE_LEN_MAX + 1);
    ck_assert_int_eq(snapshot_file_read(&disk, &snapshot.text), -EFBIG);
}
END_TEST

START_TEST(file_put_aside_is_kept)
{
    temp_dir_write(&dir, NAME, "damage", 6);
    ck_assert_int_eq(snapshot_file_put_aside(&disk), 0);
    ck_assert_ptr_null(temp_dir_read(&dir, NAME, NULL));
    ck_assert_str_eq(temp_dir_read(&dir, NAME ".bad", NULL), "damage");
    ck_assert_int_eq(snapshot_file_put_aside(&disk), -ENOENT);
}
END_TEST

START_TEST(moments_of_one_boot)
{
    struct state_moment first;
    struct state_moment second;

    snapshot_now(&snapshot, &first);
    test_loop_for_ms(20);
    snapshot_now(&snapshot, &second);
    ck_assert_str_eq(first.boot, second.boot);
    ck_assert_uint_eq(strlen(first.boot), 36);
    ck_assert_int_ge(second.mono_ms - first.mono_ms, 20);
    ck_assert_int_le(llabs(second.mono_ms - (int64_t)uv_now(&test_loop)), 20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *tests = tcase_create("snapshot");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, poke_brings_the_text_into_the_file);
    tcase_add_test(tests, pokes_within_a_second_become_one);
    tcase_add_test(tests, drained_is_reported_once);
    tcase_add_test(tests, drain_writes_at_once_and_once_more);
    tcase_add_test(tests, drain_without_a_poke_writes);
    tcase_add_test(tests, text_is_made_a_slice_a_turn);
    tcase_add_test(tests, close_ends_a_text_that_is_under_way);
    tcase_add_test(tests, after_close_nobody_is_called);
    tcase_add_test(tests, leftover_of_a_kill_is_written_over);
    tcase_add_test(tests, failure_is_told_once_and_so_is_its_end);
    tcase_add_test(tests, drain_ends_when_the_disk_fails);
    tcase_add_test(tests, text_that_can_not_be_made_is_a_failure);
    tcase_add_test(tests, full_disk_keeps_the_last_text);
    tcase_add_test(tests, kill_at_any_moment_leaves_a_whole_file);
    tcase_add_test(tests, what_was_written_is_read);
    tcase_add_test(tests, no_file_is_no_file);
    tcase_add_test(tests, empty_file_is_read);
    tcase_add_test(tests, file_longer_than_any_is_not_read);
    tcase_add_test(tests, file_put_aside_is_kept);
    tcase_add_test(tests, moments_of_one_boot);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
