#include "bridge/forward/forward.h"

#include "bridge/forward/forward_files.h"
#include "bridge/forward/forward_set.h"
#include "bridge/forward/forward_state.h"
#include "bridge/forward/tail_behind.h"
#include "bridge/forward/transfer.h"
#include "bridge/http/http_client.h"
#include "collector/store/disk_plain.h"
#include "common/clock.h"
#include "common/disk_posix.h"
#include "common/format.h"
#include "common/log.h"
#include "common/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define REQUEST_MS_MAX  30000
#define LOOK_MS         500   /* for new rows */
#define SIZES_MS        10000 /* between two looks at how much is behind the cursor */
#define REFUSED_LINES_S 60    /* between two log lines */
#define PROBLEM_MAX     256
#define CLOSINGS_LOGGED 3 /* in a row; engines also close a connection now and then */

struct forward {
    const struct forward_config *config;
    struct forward_files files;
    int data_fd;
    struct disk data;
    struct disk_plain plain; /* the same, with compressed segments read like others */
    struct forward_set set;
    struct transfer transfer;
    struct forward_place cursor; /* as it is on the disk */
    bool has_cursor;
    struct write_request request;
    char *packed;
    size_t packed_size;
    struct http_client client;
    struct http_client_answer answer;
    struct notify notify;
    int stop_fd;
    unsigned closings; /* answers in a row after which the engine closed the connection */
    bool is_behind;    /* rows that were read before have to be sent again */
    bool stopping;
    int64_t ticked_ms;
    int64_t sized_ms;
    uint64_t bytes_behind; /* of metrics.csv, from the cursor on */
    uint64_t lost_logged;  /* files */
    int64_t refused_logged_ms;
    uint64_t refused_unlogged;
    char problem_engine[PROBLEM_MAX]; /* what is wrong with it; empty: nothing. Also of the others */
    char problem_files[PROBLEM_MAX];  /* of the collector */
    char problem_cursor[PROBLEM_MAX];
};

static int64_t now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

/* ---- problems ---- */

/* Logs a problem that is not the one before, and once that there is none any more. */
static void note_problem(char problem[PROBLEM_MAX], const char *text, const char *well)
{
    if (strcmp(problem, text) == 0)
        return;
    snprintf(problem, PROBLEM_MAX, "%s", text);
    if (text[0] != '\0')
        log_warning("%s", text);
    else
        log_info("%s", well);
}

static const char *first_problem(const struct forward *forward)
{
    if (forward->problem_engine[0] != '\0')
        return forward->problem_engine;
    return forward->problem_files[0] != '\0' ? forward->problem_files : forward->problem_cursor;
}

/* ---- once a second ---- */

static int64_t behind_ms(const struct forward *forward)
{
    if (forward_set_count(&forward->set) == 0 && !forward->is_behind)
        return 0;
    int64_t behind = clock_wall_ms() - forward->set.oldest_ms;
    return behind > 0 ? behind : 0;
}

static void look_at_sizes(struct forward *forward, int64_t now)
{
    if (forward->sized_ms > 0 && now - forward->sized_ms < SIZES_MS)
        return;
    forward->sized_ms = now;
    (void)tail_behind_bytes(&forward->data, "metrics", &forward->transfer.settled.rows, &forward->bytes_behind);
}

static void log_lost(struct forward *forward)
{
    const struct forward_set_lost *lost = &forward->set.lost;
    char from[32] = "an unknown time";
    char to[32];

    if (lost->files == forward->lost_logged)
        return;
    forward->lost_logged = lost->files;
    if (lost->from_ms > 0)
        format_utc(lost->from_ms, from, sizeof from);
    format_utc(lost->to_ms, to, sizeof to);
    log_error("the collector deleted at least %" PRIu64
              " files of metrics.csv (retain, retain-size) before they were sent:"
              " the rows from %s to %s are not in the engine",
              lost->files, from, to);
}

static void report(struct forward *forward)
{
    struct forward_state state = {
        .name = forward->config->name,
        .rows = transfer_account(&forward->transfer),
        .damaged = forward->set.damaged,
        .lost = forward->set.lost,
        .bytes_behind = forward->bytes_behind,
        .rewinds = forward->transfer.rewinds,
        .wall_ms = clock_wall_ms(),
        .behind_ms = behind_ms(forward),
        .problem = first_problem(forward),
    };
    char text[2048];

    if (forward->transfer.set_count == 0) /* rows are being collected */
        state.rows.waiting = forward_set_count(&forward->set);
    size_t len = forward_state_json(&state, text, sizeof text);
    (void)forward_files_write_state(&forward->files, text, len);
    forward_state_line(&state, text, sizeof text);
    notify_send(&forward->notify, "WATCHDOG=1\nSTATUS=%s", text);
}

/* A cursor that can't be written is behind: rows are sent again after the next start. */
static void save_cursor(struct forward *forward)
{
    const struct forward_place *settled = &forward->transfer.settled;

    if (forward->has_cursor && memcmp(&forward->cursor, settled, sizeof *settled) == 0)
        return;
    char text[PROBLEM_MAX] = "";
    int rc = forward_files_write_cursor(&forward->files, settled);
    if (rc == 0) {
        forward->cursor = *settled;
        forward->has_cursor = true;
    } else {
        snprintf(text, sizeof text, "the cursor can't be written: %s; after a start, rows are sent again",
                 strerror(-rc));
    }
    note_problem(forward->problem_cursor, text, "the cursor is written again");
}

static void forward_on_tick(void *arg)
{
    struct forward *forward = arg;
    int64_t now = now_ms();

    if (now - forward->ticked_ms < 1000)
        return;
    forward->ticked_ms = now;
    save_cursor(forward);
    look_at_sizes(forward, now);
    log_lost(forward);
    report(forward);
}

/* The tick takes time: on a disk that is slow, longer than there was to wait. */
static void wait_until(struct forward *forward, int64_t until_ms)
{
    struct pollfd stop = {.fd = forward->stop_fd, .events = POLLIN};

    forward_on_tick(forward);
    if (poll(&stop, 1, transfer_wait_ms(until_ms, now_ms())) > 0)
        forward->stopping = true;
}

/* ---- reading ---- */

/* 0 or a negative errno; *is_filled: there is a set to send. */
static int read_set(struct forward *forward, bool *is_filled)
{
    struct forward_set *set = &forward->set;
    struct forward_place end;
    int64_t now = now_ms();
    int rc = forward_set_read(set, now);

    *is_filled = false;
    if (rc < 0 || !forward_set_is_due(set, forward->config->batch_ms, now))
        return rc;
    rc = forward_set_finish(set, &end);
    if (rc < 0)
        return rc;
    transfer_filled(&forward->transfer, forward_set_count(set), set->filtered, &end, now);
    set->filtered = 0;
    *is_filled = forward_set_count(set) > 0;
    return 0;
}

static void fill(struct forward *forward)
{
    char text[PROBLEM_MAX] = "";
    bool is_filled = false;
    int rc = read_set(forward, &is_filled);

    if (rc < 0)
        snprintf(text, sizeof text, "the collector's files can't be read: %s", strerror(-rc));
    note_problem(forward->problem_files, text, "the collector's files are read again");
    if (!is_filled)
        wait_until(forward, now_ms() + LOOK_MS);
}

/* ---- sending ---- */

static void forward_on_refused(uint32_t row, void *arg)
{
    struct forward *forward = arg;
    const struct forward_set_name name = forward_set_name(&forward->set, row);
    int64_t now = now_ms();

    forward->refused_unlogged++;
    (void)forward_files_put_refused(&forward->files, &name, forward->answer.status, forward->answer.body);
    if (now - forward->refused_logged_ms < INT64_C(1000) * REFUSED_LINES_S && forward->refused_logged_ms > 0)
        return;
    log_warning("the engine refuses %" PRIu64 " rows with status %ld: %.*s; they are listed in %s%s",
                forward->refused_unlogged, forward->answer.status, (int)strcspn(forward->answer.body, "\r\n"),
                forward->answer.body, forward->files.refused_name,
                engine_answer_needs_window(forward->answer.body)
                    ? "; set storage.tsdb.out_of_order_time_window in the configuration of Prometheus"
                    : "");
    forward->refused_logged_ms = now;
    forward->refused_unlogged = 0;
}

/* Without announcements, a connection that ends shows that the engine was restarted and may have lost rows. */
static void note_closing(struct forward *forward)
{
    forward->closings = forward->answer.is_closing ? forward->closings + 1 : 0;
    if (forward->closings == CLOSINGS_LOGGED)
        log_warning(
            "the engine, or a proxy before it, closes the connection after each answer: if the engine is killed, "
            "that is not seen, and rows that it had not synced are not sent again; let it keep connections");
}

static void note_answer(struct forward *forward, enum engine_answer answer)
{
    char text[PROBLEM_MAX];

    if (answer == ENGINE_ACCEPTED || answer == ENGINE_REFUSED)
        text[0] = '\0';
    else if (answer == ENGINE_LOST)
        snprintf(text, sizeof text, "no answer from the engine: %.180s", forward->answer.error);
    else
        snprintf(text, sizeof text, "the engine answers with status %ld: %.180s", forward->answer.status,
                 forward->answer.body);
    text[strcspn(text, "\r\n")] = '\0';
    note_problem(forward->problem_engine, text, "the engine accepts rows");
}

/* Posts the request, and lets the transfer decide what follows. */
static void post(struct forward *forward, const void *body, size_t len)
{
    if (http_client_post(&forward->client, body, len, &forward->answer) < 0) {
        forward->stopping = true;
        return;
    }
    const struct transfer_answer answer = {
        .answer = engine_answer_of(forward->answer.status, forward->answer.body),
        .is_new_connection = forward->answer.is_new_connection,
        .retry_after_ms = forward->answer.retry_after_ms,
    };
    note_answer(forward, answer.answer);
    note_closing(forward);
    bool is_sending = forward->transfer.set_count > 0;
    bool goes_on = transfer_answered(&forward->transfer, &answer, now_ms(), forward_on_refused, forward);
    if (!goes_on)
        forward_set_move(&forward->set, &forward->transfer.settled);
    else if (is_sending && forward->transfer.set_count == 0)
        forward_set_clear(&forward->set);
    else
        return;
    forward->is_behind = !goes_on;
}

/* 0 or -ENOMEM. */
static int pack(struct forward *forward, size_t *len)
{
    size_t most = snappy_max_compressed_length(forward->request.len);

    if (most > forward->packed_size) {
        char *larger = realloc(forward->packed, most);
        if (larger == NULL)
            return -ENOMEM;
        forward->packed = larger;
        forward->packed_size = most;
    }
    *len = most;
    return snappy_compress((const char *)forward->request.bytes, forward->request.len, forward->packed, len) ==
                   SNAPPY_OK
               ? 0
               : -ENOMEM;
}

static void send_range(struct forward *forward, const struct transfer_range *range)
{
    size_t len = 0;
    int rc = forward_set_encode(&forward->set, range->from, range->to, &forward->request);

    if (rc == 0)
        rc = pack(forward, &len);
    if (rc == 0) {
        post(forward, forward->packed, len);
        return;
    }
    /* Too much for a request: half of it is sent. */
    const struct transfer_answer answer = {.answer = rc == -E2BIG ? ENGINE_REFUSED : ENGINE_FAILED};
    transfer_answered(&forward->transfer, &answer, now_ms(), forward_on_refused, forward);
}

static void run(struct forward *forward)
{
    while (!forward->stopping) {
        struct transfer_action action = transfer_next(&forward->transfer, now_ms());
        forward_on_tick(forward);
        if (action.step == TRANSFER_SEND)
            send_range(forward, &action.range);
        else if (action.step == TRANSFER_PROBE)
            post(forward, "", 1); /* the compressed form of an empty request is one zero byte */
        else if (action.step == TRANSFER_WAIT)
            wait_until(forward, action.until_ms);
        else
            fill(forward);
    }
    save_cursor(forward);
    report(forward);
}

/* ---- from start to end ---- */

static int block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

static int find_start(struct forward *forward, struct forward_place *place)
{
    int rc = forward_files_read_cursor(&forward->files, place);

    if (rc == -EBADMSG) {
        log_warning("%s is damaged: all rows that are stored are sent again", forward->files.cursor_name);
        return 0;
    }
    if (rc < 0)
        log_error("%s can't be read: %s", forward->files.cursor_name, strerror(-rc));
    if (rc != 0 || forward->config->from == FORWARD_OLDEST)
        return rc < 0 ? rc : 0;
    rc = tail_place_newest(&forward->plain.disk, "metrics", &place->rows);
    if (rc == 0)
        rc = tail_place_newest(&forward->plain.disk, "decisions", &place->decisions);
    if (rc < 0)
        log_error("--data: the segments in %s can't be read: %s", forward->config->data, strerror(-rc));
    return rc;
}

static int open_data(struct forward *forward)
{
    forward->data_fd = open(forward->config->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (forward->data_fd < 0) {
        int rc = -errno;
        log_error("--data: can't open the directory %s: %s", forward->config->data, strerror(-rc));
        return rc;
    }
    forward->data = disk_posix(forward->data_fd);
    disk_plain_init(&forward->plain, &forward->data);
    return 0;
}

static int open_client(struct forward *forward, char *error, size_t error_size)
{
    static const char user_agent[] = "User-Agent: headroom-bridge/" HEADROOM_VERSION;
    static const char *const headers[] = {"Content-Type: application/x-protobuf",
                                          "Content-Encoding: snappy",
                                          "X-Prometheus-Remote-Write-Version: 0.1.0",
                                          user_agent,
                                          "Expect:",
                                          NULL};
    const struct forward_config *config = forward->config;
    const struct http_client_options options = {
        .url = config->to,
        .token_file = config->token_file,
        .basic_file = config->basic_file,
        .header_file = config->header_file,
        .ca_file = config->ca_file,
        .cert_file = config->cert_file,
        .key_file = config->key_file,
        .headers = headers,
        .timeout_ms = REQUEST_MS_MAX,
        .stop_fd = forward->stop_fd,
        .tick = forward_on_tick,
        .arg = forward,
    };

    return http_client_open(&forward->client, &options, error, error_size);
}

static int start(struct forward *forward)
{
    struct forward_place place = {0};
    char error[512] = "";

    int rc = forward_files_open(&forward->files, forward->config, error, sizeof error);
    if (rc == 0)
        rc = open_client(forward, error, sizeof error);
    if (rc < 0) {
        log_error("%s", error);
        return rc;
    }
    rc = open_data(forward);
    if (rc == 0)
        rc = find_start(forward, &place);
    if (rc == 0 && (rc = forward_set_init(&forward->set, &forward->plain.disk, &place, &forward->config->options)) < 0)
        log_error("out of memory");
    transfer_init(&forward->transfer, forward->config->settle_ms, &place, clock_mono_us() ^ (uint64_t)getpid());
    return rc;
}

static void stop(struct forward *forward)
{
    forward_set_deinit(&forward->set);
    if (forward->client.easy != NULL)
        http_client_close(&forward->client);
    forward_files_close(&forward->files);
    write_request_deinit(&forward->request);
    free(forward->packed);
    if (forward->data_fd >= 0)
        close(forward->data_fd);
    if (forward->stop_fd >= 0)
        close(forward->stop_fd);
    notify_close(&forward->notify);
}

int forward_run(const struct forward_config *config)
{
    static struct forward forward;

    forward = (struct forward){
        .config = config, .data_fd = -1, .files = {.lock = -1, .refused = -1, .dir_fd = -1, .report_fd = -1}};
    forward.set.rows_tail.file = forward.set.decisions_tail.file = -1;
    forward.stop_fd = block_signals();
    int rc = start(&forward);
    if (rc == 0) {
        notify_open(&forward.notify);
        log_info("forwarding the rows of %s to %s", config->data, config->to);
        notify_send(&forward.notify, "READY=1");
        run(&forward);
        log_info("stopped; %" PRIu64 " rows in the engine",
                 transfer_account(&forward.transfer).settled + transfer_account(&forward.transfer).unsettled);
    }
    stop(&forward);
    return rc;
}
