/* The whole collector in a process of its own, from start to SIGTERM. */
#include "collector/collector.h"
#include "collector/config/config_load.h"

#include "support/child.h"
#include "support/peer.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The secret of a fleet. */
#define KEY "hr1:fleet:39cbca3b789d5acd67238832fc6d079b24bde3081ae5272dd0b322217062abcd:99da521d"

#define ARGUMENTS_MAX 24

static struct temp_dir dir;
static struct child child;
static struct child other;
static struct peer agent;
static char *arguments[ARGUMENTS_MAX + 1];
static int argument_count;
static char data_dir[128];
static char config_file[128];
static char listen_address[64];

static int run_collector(void *arg)
{
    struct collector_config config;
    struct spawn_process spawn = {0};
    char error[512];

    (void)arg;
    if (spawn_process_start(&spawn, NULL, environ) < 0)
        return 1;
    if (collector_config_load(&config, argument_count, arguments, error, sizeof error) < 0) {
        fprintf(stderr, "%s\n", error);
        return 2;
    }
    int rc = collector_run(&config, argument_count, arguments, &spawn);
    spawn_process_end(&spawn);
    return rc < 0 ? 1 : 0;
}

static void add_arguments(const char *const *more)
{
    for (; *more != NULL; more++) {
        ck_assert_int_lt(argument_count, ARGUMENTS_MAX);
        arguments[argument_count++] = (char *)*more;
    }
    arguments[argument_count] = NULL;
}

static void set_config(const char *text)
{
    temp_dir_write(&dir, "collector.conf", text, strlen(text));
}

static void begin(void)
{
    temp_dir_create(&dir);
    test_loop_start();
    unsetenv("NOTIFY_SOCKET");
    snprintf(data_dir, sizeof data_dir, "%s", temp_dir_path(&dir, "data"));
    snprintf(config_file, sizeof config_file, "%s", temp_dir_path(&dir, "collector.conf"));
    strcpy(listen_address, "127.0.0.1:0");
    set_config("[collector]\n");
    add_arguments((const char *const[]){"headroom-collector", "--listen", listen_address, "--http", "off", "--data",
                                        data_dir, "--config", config_file, "--flush", "10ms", "--ack-interval", "1s",
                                        "--max-agents", "100", NULL});
}

static void end(void)
{
    child_kill(&child);
    child_kill(&other);
    if (agent.arena.base != NULL)
        peer_close(&agent);
    test_loop_end();
    temp_dir_remove(&dir);
}

/* Returns the port. */
static unsigned start(void)
{
    unsigned port = 0;

    child_start(&child, run_collector, NULL);
    ck_assert_int_eq(sscanf(child_await(&child, "listening on 127.0.0.1:"), "%u", &port), 1);
    child_await(&child, "storing in");
    return port;
}

static void stop(void)
{
    child_signal(&child, SIGTERM);
    int status = child_end(&child);
    ck_assert_msg(status == 0, "status %d: %s", status, child.log);
}

static const Headroom__Welcome *greet(unsigned port)
{
    if (agent.arena.base != NULL)
        peer_close(&agent);
    peer_connect(&agent, port);
    peer_send_hello(&agent, "n1", 7, 0);
    return peer_expect(&agent, HEADROOM__FRAME__BODY_WELCOME)->welcome;
}

/* From Hello to the last Ack, which the Goodbye makes due at once. */
static void stream(unsigned port, uint64_t first_seq, unsigned count)
{
    greet(port);
    peer_send_batch(&agent, first_seq, count);
    peer_send_goodbye(&agent, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    peer_await_stored(&agent, first_seq + count - 1);
}

START_TEST(sigterm_ends_it_with_0_and_all_is_stored)
{
    unsigned port = start();

    stream(port, 1, 3);
    greet(port);
    peer_send_batch(&agent, 4, 2);
    test_loop_for_ms(20);
    stop();
    const Headroom__Reject *reject = peer_await(&agent, HEADROOM__FRAME__BODY_REJECT)->reject;
    ck_assert_int_eq(reject->code, HEADROOM__REJECT_CODE__REJECT_CODE_STOPPING);
    ck_assert_ptr_nonnull(strstr(child.log, "stopped: 5 samples received, 5 stored"));
    const char *rows = temp_dir_read(&dir, "data/metrics.csv", NULL);
    ck_assert_ptr_nonnull(rows);
    ck_assert_ptr_nonnull(strstr(rows, ",web,i0000000000000007,5,"));
    ck_assert_ptr_nonnull(temp_dir_read(&dir, "data/decisions.csv", NULL));
}
END_TEST

/* Long before the first tick. */
START_TEST(sigterm_saves_what_the_scaler_remembers)
{
    add_arguments((const char *const[]){"--tick", "1h", NULL});
    stream(start(), 1, 3);
    ck_assert_ptr_null(temp_dir_read(&dir, "data/scaler.state", NULL));
    stop();
    const char *state = temp_dir_read(&dir, "data/scaler.state", NULL);
    ck_assert_ptr_nonnull(state);
    ck_assert_ptr_nonnull(strstr(state, "headroom-scaler-state 4\ntaken "));
    start();
    stop();
    ck_assert_ptr_null(strstr(child.log, "scaler.state"));
}
END_TEST

START_TEST(sigterm_ends_it_though_that_can_not_be_saved)
{
    start();
    ck_assert_int_eq(mkdir(temp_dir_path(&dir, "data/scaler.state.tmp"), 0700), 0);
    stop();
    ck_assert_ptr_nonnull(strstr(child.log, "scaler.state can't be written: Is a directory"));
}
END_TEST

START_TEST(what_was_stored_is_known_after_a_restart)
{
    stream(start(), 1, 5);
    stop();
    unsigned port = start();
    ck_assert_ptr_nonnull(strstr(child.log, "read back 5 samples of 1 nodes"));
    const Headroom__Welcome *welcome = greet(port);
    ck_assert_uint_eq(welcome->resume_seq, 5);
    ck_assert_uint_eq(welcome->stored_seq, 5);
    stop();
}
END_TEST

START_TEST(kill_loses_nothing_that_was_acknowledged)
{
    unsigned port = start();

    stream(port, 1, 50);
    child_kill(&child);
    temp_dir_append(&dir, "data/metrics.csv", "n1,50.00,,", 10); /* as a write that was torn */
    port = start();
    ck_assert_ptr_nonnull(strstr(child.log, "metrics.csv ended in 10 bytes of incomplete or invalid rows"));
    ck_assert_uint_eq(greet(port)->resume_seq, 50);
    stop();
}
END_TEST

START_TEST(the_account_is_logged_on_request_and_a_gap_once_whatever_is_killed)
{
    unsigned port = start();

    stream(port, 11, 5);
    child_signal(&child, SIGUSR1);
    child_await(&child, "so far: 5 samples received, 5 stored, 0 duplicates, 0 dropped by agents, 10 stored elsewhere");
    child_await(&child, "agents: ");
    child_await(&child, "loop: busy for ");
    child_await(&child, "store: time from receipt until stored: median ");
    child_kill(&child);
    port = start();
    ck_assert_uint_eq(greet(port)->resume_seq, 15);
    stop();
    const char *gaps = temp_dir_read(&dir, "data/gaps.csv", NULL);
    ck_assert_ptr_nonnull(strstr(gaps, ",n1,web,i0000000000000007,1,10,elsewhere\n"));
    ck_assert_ptr_eq(strchr(strstr(gaps, "elsewhere\n"), '\n'), strrchr(gaps, '\n'));
}
END_TEST

/* Rows that are acknowledged before they are synced are written all the same. */
START_TEST(kill_loses_nothing_whatever_sync_is)
{
    static const char *const modes[] = {"never", "1m"};

    add_arguments((const char *const[]){"--sync", modes[_i], NULL});
    stream(start(), 1, 50);
    child_kill(&child);
    ck_assert_uint_eq(greet(start())->resume_seq, 50);
    stop();
}
END_TEST

START_TEST(start_reads_no_more_than_the_history)
{
    struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

    add_arguments((const char *const[]){"--rotate-size", "4K", NULL});
    unsigned port = start();
    for (unsigned i = 0; i < 3; i++)
        stream(port, 1 + 100 * i, 100);
    child_kill(&child);
    for (unsigned i = 1; i <= 2; i++) {
        char name[64];
        snprintf(name, sizeof name, "data/metrics-%08u.csv", i);
        ck_assert_int_eq(utimensat(dir.fd, name, old, 0), 0);
    }
    port = start();
    ck_assert_ptr_nonnull(
        strstr(child.log, "read back 100 samples of 1 nodes from 1 files; 2 older ones were not needed"));
    ck_assert_uint_eq(greet(port)->resume_seq, 300);
    stop();
}
END_TEST

START_TEST(files_that_are_deleted_for_their_age_are_named)
{
    static const char *const names[] = {"metrics", "decisions"};
    const struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
    char live[160], segment[160], said[64], state[160];

    add_arguments((const char *const[]){"--tick=100ms", "--retain=1h", NULL});
    stream(start(), 1, 1);
    child_await(&child, "hold 1");
    stop();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(live, sizeof live, "%s/%s.csv", data_dir, names[i]);
        snprintf(segment, sizeof segment, "%s/%s-00000001.csv", data_dir, names[i]);
        ck_assert_int_eq(rename(live, segment), 0);
        ck_assert_int_eq(truncate(segment, 0), 0); /* its rows would tell that it is not old */
        ck_assert_int_eq(utimensat(AT_FDCWD, segment, old, 0), 0);
    }
    snprintf(state, sizeof state, "%s/scaler.state", data_dir);
    ck_assert_int_eq(unlink(state), 0); /* the first decision is written although it is the same */
    stream(start(), 2, 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(said, sizeof said, "deleted %s-00000001.csv, which was older", names[i]);
        child.seen = 0; /* in either order */
        child_await(&child, said);
    }
    stop();
}
END_TEST

START_TEST(sighup_reads_the_configuration_again)
{
    unsigned port = start();

    set_config("[collector]\nminimum = nonsense\n");
    child_signal(&child, SIGHUP);
    child_await(&child, "reload failed, the old configuration stays in effect: ");
    stream(port, 1, 1);

    set_config("[collector]\nmin = 3\n[group web]\nmax = 7\n");
    child_signal(&child, SIGHUP);
    child_await(&child, "configuration reloaded");
    stream(port, 2, 1);

    set_config("[collector]\nhistory = 20m\n");
    child_signal(&child, SIGHUP);
    child_await(&child, "take effect at the next start: history");
    stop();
}
END_TEST

START_TEST(an_agent_without_a_key_is_rejected_in_words)
{
    char flag[160];

    temp_dir_write(&dir, "token", KEY "\n", strlen(KEY) + 1);
    snprintf(flag, sizeof flag, "--token-file=%s", temp_dir_path(&dir, "token"));
    add_arguments((const char *const[]){flag, NULL});
    unsigned port = start();
    peer_connect(&agent, port);
    peer_send_hello(&agent, "n1", 7, 0);
    const Headroom__Reject *reject = peer_expect(&agent, HEADROOM__FRAME__BODY_REJECT)->reject;
    ck_assert_int_eq(reject->code, HEADROOM__REJECT_CODE__REJECT_CODE_TLS);
    ck_assert_int_eq(reject->action, HEADROOM__ACTION__ACTION_RETRY_SLOWLY);
    ck_assert_ptr_nonnull(strstr(reject->text, "--token-file"));
    peer_close(&agent);
    stop();
}
END_TEST

START_TEST(service_manager_hears_of_start_and_stop)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char got[1024] = "";

    snprintf(address.sun_path, sizeof address.sun_path, "%s", temp_dir_path(&dir, "notify"));
    int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(manager, (struct sockaddr *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    start();
    stop();
    unsigned reading = 0;
    unsigned ready = 0;
    unsigned stopping = 0;
    ssize_t len = 0;
    while ((len = recv(manager, got, sizeof got - 1, 0)) > 0) {
        got[len] = '\0';
        reading += strstr(got, "EXTEND_TIMEOUT_USEC=60000000") != NULL && ready == 0;
        ready += strstr(got, "READY=1") != NULL && stopping == 0;
        stopping += strstr(got, "STOPPING=1") != NULL;
    }
    ck_assert_uint_eq(reading, 1); /* for each 5 s that it takes */
    ck_assert_uint_eq(ready, 1);
    ck_assert_uint_eq(stopping, 1);
    close(manager);
}
END_TEST

START_TEST(second_collector_on_the_same_data_is_refused)
{
    start();
    child_start(&other, run_collector, NULL);
    ck_assert_int_eq(child_end(&other), 1);
    ck_assert_ptr_nonnull(strstr(other.log, "is in use by another collector"));
    stop();
}
END_TEST

START_TEST(port_in_use_ends_it_with_a_reason)
{
    unsigned port = 0;
    int fd = peer_listen(&port);

    snprintf(listen_address, sizeof listen_address, "127.0.0.1:%u", port);
    child_start(&child, run_collector, NULL);
    ck_assert_int_eq(child_end(&child), 1);
    ck_assert_ptr_nonnull(strstr(child.log, "is in use by another program"));
    close(fd);
}
END_TEST

START_TEST(data_folder_that_cannot_be_made_ends_it_with_a_reason)
{
    snprintf(data_dir, sizeof data_dir, "%s", temp_dir_path(&dir, "no/such/parent"));
    child_start(&child, run_collector, NULL);
    ck_assert_int_eq(child_end(&child), 1);
    ck_assert_ptr_nonnull(strstr(child.log, "its parent must exist and be writable"));
}
END_TEST

START_TEST(file_in_the_place_of_the_data_folder_ends_it_with_a_reason)
{
    temp_dir_write(&dir, "data", "", 0);
    child_start(&child, run_collector, NULL);
    ck_assert_int_eq(child_end(&child), 1);
    ck_assert_ptr_nonnull(strstr(child.log, "--data: can't open"));
}
END_TEST

START_TEST(file_that_cannot_be_opened_ends_it_with_a_reason)
{
    ck_assert_int_eq(mkdirat(dir.fd, "data", 0700), 0);
    ck_assert_int_eq(mkdirat(dir.fd, "data/decisions.csv", 0700), 0);
    child_start(&child, run_collector, NULL);
    ck_assert_int_eq(child_end(&child), 1);
    ck_assert_ptr_nonnull(strstr(child.log, "decisions.csv"));
}
END_TEST

/* By a script that clears the place, or a mount over it. What was not acknowledged stays with the agents. */
START_TEST(data_folder_that_is_made_again_ends_it_with_a_reason)
{
    char old[160];
    unsigned port;

    snprintf(old, sizeof old, "%s.old", data_dir);
    port = start();
    stream(port, 1, 10);
    ck_assert_int_eq(rename(data_dir, old), 0);
    ck_assert_int_eq(mkdir(data_dir, 0700), 0);
    child_await(&child, "was removed or replaced while it was in use");
    ck_assert_int_eq(child_end(&child), 1);
    port = start();
    ck_assert_uint_eq(greet(port)->resume_seq, 0);
    stop();
}
END_TEST

static int make_link(const char *path)
{
    return symlink("/dev/null", path);
}

static int make_pipe(const char *path)
{
    return mkfifo(path, 0600);
}

static int make_second_name(const char *path)
{
    temp_dir_write(&dir, "other", "", 0);
    return link(temp_dir_path(&dir, "other"), path);
}

static int make_folder(const char *path)
{
    return mkdir(path, 0700);
}

static int make_strangers(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int rc = fchown(fd, 12345, (gid_t)-1);

    close(fd);
    return rc;
}

/* A link could make the collector write to any file, and a pipe could stop it. */
START_TEST(files_of_the_wrong_kind_end_it_with_a_reason)
{
    static const struct {
        const char *name, *kind;
        int (*make)(const char *path);
    } cases[] = {
        {"metrics.csv", "it is a symbolic link", make_link},
        {"metrics-00000001.csv", "it is a pipe, a socket or a device", make_pipe},
        {"metrics-00000001.csv.zst", "it is a symbolic link", make_link},
        {"gaps.csv", "it is a pipe, a socket or a device", make_pipe},
        {"metrics.index.new", "it has several names (hard links)", make_second_name},
        {"metrics.synced", "it is a directory", make_folder},
        {"scaler.state", "it belongs to another user", make_strangers},
    };
    char path[160], said[320];

    ck_assert_int_eq(mkdir(data_dir, 0700), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(path, sizeof path, "%s/%s", data_dir, cases[i].name);
        if (cases[i].make(path) < 0)
            continue; /* not root */
        child_start(&child, run_collector, NULL);
        ck_assert_int_eq(child_end(&child), 1);
        snprintf(said, sizeof said, "--data: can't use %s: %s;", path, cases[i].kind);
        ck_assert_msg(strstr(child.log, said) != NULL, "%s", child.log);
        ck_assert_int_eq(remove(path), 0);
    }
}
END_TEST

START_TEST(decisions_are_logged_and_stored)
{
    add_arguments((const char *const[]){"--tick", "100ms", NULL});
    unsigned port = start();

    greet(port);
    peer_send_batch(&agent, 1, 3);
    child_await(&child, "web: hold 1 (cpu 50% now");
    stop();
    const char *rows = temp_dir_read(&dir, "data/decisions.csv", NULL);
    ck_assert_ptr_nonnull(rows);
    ck_assert_ptr_nonnull(strstr(rows, ",web,hold,1,"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("collector");
    TCase *tests = tcase_create("collector");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, sigterm_ends_it_with_0_and_all_is_stored);
    tcase_add_test(tests, sigterm_saves_what_the_scaler_remembers);
    tcase_add_test(tests, sigterm_ends_it_though_that_can_not_be_saved);
    tcase_add_test(tests, what_was_stored_is_known_after_a_restart);
    tcase_add_test(tests, kill_loses_nothing_that_was_acknowledged);
    tcase_add_test(tests, the_account_is_logged_on_request_and_a_gap_once_whatever_is_killed);
    tcase_add_loop_test(tests, kill_loses_nothing_whatever_sync_is, 0, 2);
    tcase_add_test(tests, start_reads_no_more_than_the_history);
    tcase_add_test(tests, files_that_are_deleted_for_their_age_are_named);
    tcase_add_test(tests, sighup_reads_the_configuration_again);
    tcase_add_test(tests, an_agent_without_a_key_is_rejected_in_words);
    tcase_add_test(tests, service_manager_hears_of_start_and_stop);
    tcase_add_test(tests, second_collector_on_the_same_data_is_refused);
    tcase_add_test(tests, port_in_use_ends_it_with_a_reason);
    tcase_add_test(tests, data_folder_that_cannot_be_made_ends_it_with_a_reason);
    tcase_add_test(tests, file_in_the_place_of_the_data_folder_ends_it_with_a_reason);
    tcase_add_test(tests, file_that_cannot_be_opened_ends_it_with_a_reason);
    tcase_add_test(tests, data_folder_that_is_made_again_ends_it_with_a_reason);
    tcase_add_test(tests, files_of_the_wrong_kind_end_it_with_a_reason);
    tcase_add_test(tests, decisions_are_logged_and_stored);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
