#include "common/notify.h"

#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct temp_dir dir;
static struct notify notify;
static int manager = -1; /* the service manager's end */
static char got[4096];

static void begin(void)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    temp_dir_create(&dir);
    test_loop_start();
}

static void end(void)
{
    notify_close(&notify);
    if (manager >= 0)
        close(manager);
    test_loop_end();
    temp_dir_remove(&dir);
}

/* name: as in $NOTIFY_SOCKET. */
static void listen_on(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);

    ck_assert_uint_lt(len, sizeof address.sun_path);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(
        bind(manager, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
    setenv("NOTIFY_SOCKET", name, 1);
}

static void listen_on_path(void)
{
    listen_on(temp_dir_path(&dir, "notify"));
}

static bool is_told(void *arg)
{
    ssize_t len = recv(manager, got, sizeof got - 1, 0);

    (void)arg;
    if (len < 0)
        return false;
    got[len] = '\0';
    return true;
}

static void expect(const char *state)
{
    test_loop_until(is_told, NULL);
    ck_assert_str_eq(got, state);
}

static void expect_silence(uint64_t ms)
{
    test_loop_for_ms(ms);
    ck_assert_msg(!is_told(NULL), "got %s", got);
}

START_TEST(state_reaches_a_socket_with_a_path)
{
    listen_on_path();
    notify_start(&notify, &test_loop);
    notify_send(&notify, "READY=1\nSTATUS=%u agents", 3U);
    expect("READY=1\nSTATUS=3 agents");
    notify_send(&notify, "STOPPING=1");
    expect("STOPPING=1");
}
END_TEST

START_TEST(state_reaches_an_abstract_socket)
{
    char name[64];

    snprintf(name, sizeof name, "@headroom-test-%d", (int)getpid());
    listen_on(name);
    notify_start(&notify, &test_loop);
    notify_send(&notify, "READY=1");
    expect("READY=1");
}
END_TEST

START_TEST(without_the_variable_nothing_happens)
{
    setenv("WATCHDOG_USEC", "20000", 1);
    notify_start(&notify, &test_loop);
    notify_send(&notify, "READY=1");
    ck_assert_int_le(notify.fd, 0);
}
END_TEST

START_TEST(bad_or_deaf_sockets_are_passed_over)
{
    char long_path[300];

    memset(long_path, 'x', sizeof long_path - 1);
    long_path[0] = '/';
    long_path[sizeof long_path - 1] = '\0';
    const char *const names[] = {"", "/", "relative/path", "vsock:2:1", "@", long_path, temp_dir_path(&dir, "nobody")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct notify one = {0};
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_start(&one, &test_loop);
        notify_send(&one, "READY=1");
        ck_assert_int_le(one.fd, 0);
        notify_close(&one);
        uv_run(&test_loop, UV_RUN_DEFAULT);
    }
}
END_TEST

START_TEST(manager_that_goes_away_does_no_harm)
{
    listen_on_path();
    notify_start(&notify, &test_loop);
    close(manager);
    manager = -1;
    notify_send(&notify, "READY=1");
    notify_send(&notify, "STATUS=still here");
}
END_TEST

START_TEST(manager_that_does_not_read_does_not_block)
{
    listen_on_path();
    notify_start(&notify, &test_loop);
    for (unsigned i = 0; i < 10000; i++)
        notify_send(&notify, "STATUS=%u", i);
}
END_TEST

START_TEST(state_that_is_too_long_is_left_out_whole)
{
    char text[2000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    listen_on_path();
    notify_start(&notify, &test_loop);
    notify_send(&notify, "STATUS=%s", text);
    notify_send(&notify, "READY=1");
    expect("READY=1");
}
END_TEST

START_TEST(watchdog_is_pinged_at_half_its_time)
{
    setenv("WATCHDOG_USEC", "80000", 1);
    listen_on_path();
    notify_start(&notify, &test_loop);
    uint64_t start_ms = uv_now(&test_loop);
    for (unsigned i = 0; i < 4; i++)
        expect("WATCHDOG=1");
    uint64_t took_ms = uv_now(&test_loop) - start_ms;
    /* The first comes at once. */
    ck_assert_uint_ge(took_ms, 3 * 40);
    ck_assert_uint_lt(took_ms, 3 * 40 + 100);
}
END_TEST

START_TEST(watchdog_of_this_process_is_pinged)
{
    char pid[16];

    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_USEC", "40000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    listen_on_path();
    notify_start(&notify, &test_loop);
    expect("WATCHDOG=1");
}
END_TEST

START_TEST(watchdog_of_another_process_is_left_alone)
{
    setenv("WATCHDOG_USEC", "20000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    listen_on_path();
    notify_start(&notify, &test_loop);
    expect_silence(40);
}
END_TEST

START_TEST(watchdog_time_that_is_none_is_ignored)
{
    setenv("WATCHDOG_USEC", "soon", 1);
    listen_on_path();
    notify_start(&notify, &test_loop);
    expect_silence(20);
}
END_TEST

START_TEST(close_ends_the_pings)
{
    setenv("WATCHDOG_USEC", "10000", 1);
    listen_on_path();
    notify_start(&notify, &test_loop);
    expect("WATCHDOG=1");
    notify_close(&notify);
    while (is_told(NULL))
        ;
    expect_silence(20);
    notify_send(&notify, "READY=1");
    expect_silence(1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("notify");
    TCase *tests = tcase_create("notify");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, state_reaches_a_socket_with_a_path);
    tcase_add_test(tests, state_reaches_an_abstract_socket);
    tcase_add_test(tests, without_the_variable_nothing_happens);
    tcase_add_test(tests, bad_or_deaf_sockets_are_passed_over);
    tcase_add_test(tests, manager_that_goes_away_does_no_harm);
    tcase_add_test(tests, manager_that_does_not_read_does_not_block);
    tcase_add_test(tests, state_that_is_too_long_is_left_out_whole);
    tcase_add_test(tests, watchdog_is_pinged_at_half_its_time);
    tcase_add_test(tests, watchdog_of_this_process_is_pinged);
    tcase_add_test(tests, watchdog_of_another_process_is_left_alone);
    tcase_add_test(tests, watchdog_time_that_is_none_is_ignored);
    tcase_add_test(tests, close_ends_the_pings);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
