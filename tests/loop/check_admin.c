/* The socket of the commands: its permissions, one answer to each request, and peers that are slow, silent or many. */
#include "collector/admin/admin.h"

#include "common/disk_posix.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 32

static struct temp_dir dir;
static struct disk disk;
static struct segments segments;
static char header[DECISION_ROW_MAX];
static struct collector_config config;
static struct registry registry;
static struct decision_history history;
static struct decision_log decisions;
static struct autoscale autoscale;
static struct admin admin;
static int clients[CLIENTS_MAX];
static char answer[65536];
static size_t answer_len;

static void start_admin(void)
{
    const struct admin_world world = {.registry = &registry, .autoscale = &autoscale, .config = &config};

    admin_start(&admin, &test_loop, &world);
}

static void begin(void)
{
    const struct segments_options files = {.name = "decisions",
                                           .header = header,
                                           .row_ok = decision_rows_ok,
                                           .row_ms = segment_time_of_first_field,
                                           .limits = {.rotate_bytes = 1 << 30, .rotate_ms = INT64_MAX}};
    uint64_t cut = 0;

    signal(SIGPIPE, SIG_IGN); /* as in the collector */
    log_capture_start();
    test_loop_start();
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    config = collector_config_defaults;
    config.scale_groups = SCALE_GROUPS_ANY;
    config.settings.nodes_max = 100;
    config.settings.tick_ms = 3600000; /* none during a test */
    (void)snprintf(config.data_dir, sizeof config.data_dir, "%s", dir.path);
    decision_fields_put_header(header);
    ck_assert_int_eq(segments_open(&segments, &disk, &files, &cut), 0);
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    ck_assert_int_eq(decision_history_init(&history, 0), 0);
    ck_assert_int_eq(decision_log_start(&decisions, &test_loop, &segments, NULL), 0);
    const struct autoscale_options options = {
        .registry = &registry, .config = &config, .decisions = &decisions, .history = &history, .disk = &disk};
    ck_assert_int_eq(autoscale_start(&autoscale, &test_loop, &options), 0);
    ck_assert_ptr_nonnull(registry_ensure_group(&registry, "web"));
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        clients[i] = -1;
    start_admin();
}

static void end(void)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        if (clients[i] >= 0)
            close(clients[i]);
    admin_close(&admin);
    autoscale_close(&autoscale);
    decision_log_close(&decisions);
    test_loop_end();
    autoscale_deinit(&autoscale);
    decision_log_deinit(&decisions);
    decision_history_deinit(&history);
    registry_deinit(&registry);
    segments_close(&segments);
    temp_dir_remove(&dir);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void open_client(unsigned i)
{
    clients[i] = connect_to(temp_dir_path(&dir, "admin.sock"));
    ck_assert_int_ge(clients[i], 0);
}

static void send_text(unsigned i, const char *text, size_t len)
{
    ck_assert_int_eq(send(clients[i], text, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Whether the answer of the client has ended. */
static bool is_answered(void *arg)
{
    const unsigned *i = arg;
    ssize_t got = recv(clients[*i], answer + answer_len, sizeof answer - 1 - answer_len, 0);

    if (got > 0)
        answer_len += (size_t)got;
    answer[answer_len] = '\0';
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

/* Sends the line and returns the answer. */
static const char *ask(const char *line)
{
    unsigned i = CLIENTS_MAX - 1;

    if (clients[i] >= 0)
        close(clients[i]);
    open_client(i);
    send_text(i, line, strlen(line));
    send_text(i, "\n", 1);
    answer_len = 0;
    test_loop_until(is_answered, &i);
    return answer;
}

static const char *pin(unsigned nodes, int64_t until_ms)
{
    static char line[256];

    (void)snprintf(line, sizeof line, "{\"command\":\"pin\",\"group\":\"web\",\"nodes\":%u,\"until_ms\":%lld}", nodes,
                   (long long)until_ms);
    return ask(line);
}

/* It changes nothing, as nothing is in force. */
static const char resume[] = "{\"command\":\"resume\",\"group\":\"web\"}";

static int64_t in_an_hour(void)
{
    return ((int64_t)time(NULL) + 3600) * 1000;
}

#define ck_assert_has(text, part) ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in: %s", part, text)

static const char *pause_all(int64_t until_ms)
{
    static char line[256];

    (void)snprintf(line, sizeof line, "{\"command\":\"pause\",\"group\":\"web\",\"until_ms\":%lld}",
                   (long long)until_ms);
    return ask(line);
}

START_TEST(a_pin_is_durable_when_it_is_answered)
{
    ck_assert_has(pin(20, in_an_hour()), "{\"ok\":true,\"text\":\"web: pinned to 20 nodes until ");
    ck_assert_has(temp_dir_read(&dir, "overrides", NULL), "\"nodes\":20");
    ck_assert_uint_eq(overrides_pin(&autoscale.scaling.overrides, "web")->uid, getuid());
    ck_assert_has(ask("{\"command\":\"resume\",\"group\":\"web\"}"), "1 override ended");
    ck_assert_has(ask("{\"command\":\"resume\",\"group\":\"web\"}"), "nothing was pinned, paused or activated");
}
END_TEST

START_TEST(the_answer_says_what_may_not_be_expected)
{
    struct decision *last = &autoscale.scaling.groups[0].last;

    ck_assert_has(pin(20, in_an_hour()), "; nothing carries out orders for the group: it has no hook");
    config.settings.actuator = ACTUATOR_READER;
    ck_assert_ptr_null(strstr(pin(6, in_an_hour()), "; the load needs"));
    ck_assert_has(pause_all(in_an_hour()), "; min is not restored meanwhile\"");
    last->settings.tick_ms = config.settings.tick_ms;
    last->vote_forecast[RESOURCE_MEMORY] = 8;
    last->observed.live = 6;
    ck_assert_has(pin(6, in_an_hour()), "; the load needs 8 nodes\"");
    last->observed.live = 9;
    ck_assert_has(pin(6, in_an_hour()), "; the load needs 8 nodes; the pin removes nodes nevertheless\"");
    ck_assert_ptr_null(strstr(pin(8, in_an_hour()), "; the load needs"));
    config.settings.mode = MODE_OBSERVE;
    ck_assert_has(pin(6, in_an_hour()), "; the mode of the group lets nothing be ordered\"");
}
END_TEST

START_TEST(what_can_not_be_done_is_refused_with_the_reason)
{
    ck_assert_has(pin(101, in_an_hour()), "{\"ok\":false,\"error\":\"101 nodes are more than the max of group web");
    ck_assert_has(pin(20, 1000), "in the past");
    ck_assert_has(ask("{\"command\":\"resume\",\"group\":\"weeb\"}"),
                  "there is no group weeb; the collector knows web");
    ck_assert_has(ask("nonsense"), "{\"ok\":false,\"error\":\"a request must be");
    ck_assert_uint_eq(autoscale.scaling.overrides.count, 0);
    ck_assert_ptr_null(temp_dir_find(&dir, "overrides"));
}
END_TEST

START_TEST(a_request_may_come_byte_by_byte)
{
    const char *line = "{\"command\":\"resume\",\"group\":\"web\"}\n";
    unsigned i = 0;

    open_client(i);
    for (; *line != '\0'; line++) {
        send_text(i, line, 1);
        test_loop_for_ms(1);
    }
    answer_len = 0;
    test_loop_until(is_answered, &i);
    ck_assert_has(answer, "\"ok\":true");
}
END_TEST

START_TEST(a_request_has_an_end)
{
    static char text[ADMIN_REQUEST_MAX];
    unsigned i = 0;

    memset(text, ' ', sizeof text);
    open_client(i);
    send_text(i, text, sizeof text);
    answer_len = 0;
    test_loop_until(is_answered, &i);
    ck_assert_has(answer, "the request is too long");
}
END_TEST

static bool has_no_sessions(void *arg)
{
    (void)arg;
    return admin.session_count == 0;
}

START_TEST(a_peer_that_leaves_early_leaves_nothing_behind)
{
    static const char *const parts[] = {"", "{\"comm", "{\"command\":\"resume\",\"group\":\"web\"}\n"};

    for (unsigned i = 0; i < 3; i++) {
        open_client(i);
        send_text(i, parts[i], strlen(parts[i]));
        close(clients[i]);
        clients[i] = -1;
        test_loop_for_ms(5);
    }
    test_loop_until(has_no_sessions, NULL);
    ck_assert_has(ask(resume), "\"ok\":true");
}
END_TEST

static bool is_full(void *arg)
{
    (void)arg;
    return admin.session_count >= ADMIN_SESSIONS_OF_USER;
}

/* The sockets of one user that stay idle; the next one is closed, and when one leaves there is room. */
START_TEST(a_user_has_so_many_connections_and_no_more)
{
    unsigned more = ADMIN_SESSIONS_OF_USER;

    for (unsigned i = 0; i < ADMIN_SESSIONS_OF_USER; i++)
        open_client(i);
    test_loop_until(is_full, NULL);
    open_client(more);
    answer_len = 0;
    test_loop_until(is_answered, &more);
    ck_assert_uint_eq(answer_len, 0);
    close(clients[0]);
    clients[0] = -1;
    test_loop_for_ms(20);
    ck_assert_has(ask(resume), "\"ok\":true");
}
END_TEST

START_TEST(only_those_who_may_can_connect)
{
    struct stat status;

    ck_assert_int_eq(lstat(temp_dir_path(&dir, "admin.sock"), &status), 0);
    ck_assert(S_ISSOCK(status.st_mode));
    ck_assert((status.st_mode & 07777) == 0600 || (status.st_mode & 07777) == 0660);
    ck_assert_ptr_null(temp_dir_find(&dir, "admin.sock.new"));
}
END_TEST

static void close_admin(void)
{
    admin_close(&admin);
    test_loop_for_ms(1);
}

START_TEST(the_socket_is_removed_at_the_end_and_one_that_is_left_over_is_replaced)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    close_admin();
    ck_assert_ptr_null(temp_dir_find(&dir, "admin.sock"));
    strcpy(address.sun_path, temp_dir_path(&dir, "admin.sock"));
    int left_over = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(left_over, (struct sockaddr *)&address, sizeof address), 0);
    close(left_over);
    start_admin();
    ck_assert_has(ask(resume), "\"ok\":true");
}
END_TEST

START_TEST(a_path_that_is_taken_leaves_the_collector_without_commands_but_running)
{
    struct admin second;
    const struct admin_world world = {.registry = &registry, .autoscale = &autoscale, .config = &config};

    admin_start(&second, &test_loop, &world);
    ck_assert_ptr_nonnull(log_capture_find("another collector listens on"));
    admin_close(&second);
    ck_assert_has(ask(resume), "\"ok\":true");
    close_admin();
    temp_dir_write(&dir, "admin.sock", "text", 4);
    start_admin();
    ck_assert_ptr_nonnull(log_capture_find("is not a socket; remove it"));
    close_admin();
    ck_assert_str_eq(temp_dir_read(&dir, "admin.sock", NULL), "text");
    memset(config.admin_socket, 'a', 200);
    start_admin();
    ck_assert_ptr_nonnull(log_capture_find("too long for a socket"));
    close_admin();
    strcpy(config.admin_socket, "/nonexistent/admin.sock");
    start_admin();
    ck_assert_ptr_nonnull(log_capture_find("its directory must exist"));
}
END_TEST

static void add_node(const char *id, bool live)
{
    int64_t now_ms = (int64_t)uv_now(&test_loop);
    struct node *node = registry_ensure_node(&registry, id, 1000, now_ms);

    registry_assign(&registry, node, registry_find_group(&registry, "web"));
    node->reported = true;
    node->known_ms = now_ms - 3600000;
    node->seen_ms = live ? now_ms : now_ms - 60000;
    ck_assert_int_eq(registry_liveness(node, now_ms, config.gone_ms), live ? NODE_LIVE : NODE_MISSING);
}

static bool is_gone(const char *id)
{
    return registry_liveness(registry_find_node(&registry, id), (int64_t)uv_now(&test_loop), config.gone_ms) ==
           NODE_GONE;
}

START_TEST(missing_nodes_are_forgotten_and_those_that_report_are_not)
{
    add_node("a", true);
    add_node("b", false);
    add_node("c", false);
    add_node("d", false);
    ck_assert_has(ask("{\"command\":\"forget\",\"group\":\"web\",\"nodes\":[\"b\",\"a\"]}"), "node a reports");
    ck_assert_has(ask("{\"command\":\"forget\",\"group\":\"web\",\"nodes\":[\"b\",\"x\"]}"), "has no node x");
    ck_assert(!is_gone("b"));
    ck_assert_has(ask("{\"command\":\"forget\",\"group\":\"web\",\"nodes\":[\"b\",\"b\"],\"user\":\"alice\"}"),
                  "web: forgot 1 node: b");
    ck_assert_ptr_nonnull(log_capture_find("web: forgot 1 node: b, as alice (uid "));
    ck_assert(is_gone("b") && !is_gone("c"));
    ck_assert_has(ask("{\"command\":\"forget\",\"group\":\"web\",\"missing\":true}"), "web: forgot 2 nodes: c, d");
    ck_assert(is_gone("c") && is_gone("d") && !is_gone("a"));
    ck_assert_has(ask("{\"command\":\"forget\",\"group\":\"web\",\"missing\":true}"), "no node is missing");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("admin");
    TCase *tests = tcase_create("admin");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, a_pin_is_durable_when_it_is_answered);
    tcase_add_test(tests, the_answer_says_what_may_not_be_expected);
    tcase_add_test(tests, what_can_not_be_done_is_refused_with_the_reason);
    tcase_add_test(tests, a_request_may_come_byte_by_byte);
    tcase_add_test(tests, a_request_has_an_end);
    tcase_add_test(tests, a_peer_that_leaves_early_leaves_nothing_behind);
    tcase_add_test(tests, a_user_has_so_many_connections_and_no_more);
    tcase_add_test(tests, only_those_who_may_can_connect);
    tcase_add_test(tests, the_socket_is_removed_at_the_end_and_one_that_is_left_over_is_replaced);
    tcase_add_test(tests, a_path_that_is_taken_leaves_the_collector_without_commands_but_running);
    tcase_add_test(tests, missing_nodes_are_forgotten_and_those_that_report_are_not);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
