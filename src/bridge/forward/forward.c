#include "bridge/forward/forward.h"

#include "bridge/forward/forward_files.h"
#include "bridge/forward/forward_state.h"
#include "bridge/forward/transfer.h"
#include "bridge/http/http_client.h"
#include "common/clock.h"
#include "common/disk_posix.h"
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

#define ROWS_MAX        10000U
#define REQUEST_MS_MAX  30000
#define LOOK_MS         500 /* for new rows */
#define REFUSED_LINES_S 60  /* between two log lines */
#define PROBLEM_MAX     256

struct forward {
    const struct forward_config *config;
    struct forward_files files;
    int data_fd;
    struct disk data;
    struct tail tail;
    struct row_set set;
    uint64_t filtered;     /* rows of the set that are not sent */
    int64_t set_since_ms;  /* when its first row was read */
    int64_t oldest_row_ms; /* the time of its first row, Unix time */
    struct transfer transfer;
    struct tail_place cursor; /* as it is on the disk */
    bool has_cursor;
    struct write_request request;
    char *packed;
    size_t packed_size;
    struct http_client client;
    struct http_client_answer answer;
    struct notify notify;
    int stop_fd;
    bool is_behind; /* rows that were read before have to be sent again */
    bool stopping;
    uint64_t damaged;
    int64_t ticked_ms;
    int64_t refused_logged_ms;
    uint64_t refused_unlogged;
    char problem[PROBLEM_MAX];
};

static int64_t now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

/* ---- once a second ---- */

static int64_t behind_ms(const struct forward *forward)
{
    if (forward->set.count == 0 && !forward->is_behind)
        return 0;
    int64_t behind = clock_wall_ms() - forward->oldest_row_ms;
    return behind > 0 ? behind : 0;
}

static void report(struct forward *forward)
{
    struct forward_state state = {
        .name = forward->config->name,
        .rows = transfer_account(&forward->transfer),
        .damaged = forward->damaged,
        .overtaken = forward->tail.overtaken,
        .rewinds = forward->transfer.rewinds,
        .wall_ms = clock_wall_ms(),
        .behind_ms = behind_ms(forward),
        .problem = forward->problem,
    };
    char text[2048];

    if (forward->transfer.set_count == 0) /* rows are being collected */
        state.rows.waiting = forward->set.count;
    size_t len = forward_state_json(&state, text, sizeof text);
    (void)forward_files_write_state(&forward->files, text, len);
    forward_state_line(&state, text, sizeof text);
    notify_send(&forward->notify, "WATCHDOG=1\nSTATUS=%s", text);
}

/* A cursor that can't be written is behind: rows are sent again after the next start. */
static void save_cursor(struct forward *forward)
{
    const struct tail_place *settled = &forward->transfer.settled;

    if (forward->has_cursor && memcmp(&forward->cursor, settled, sizeof *settled) == 0)
        return;
    int rc = forward_files_write_cursor(&forward->files, settled);
    if (rc == 0) {
        forward->cursor = *settled;
        forward->has_cursor = true;
    } else if (forward->problem[0] == '\0') {
        snprintf(forward->problem, sizeof forward->problem, "the cursor can't be written: %s", strerror(-rc));
        log_error("%s; rows since the last one will be sent again after a start", forward->problem);
    }
}

static void forward_on_tick(void *arg)
{
    struct forward *forward = arg;
    int64_t now = now_ms();

    if (now - forward->ticked_ms < 1000)
        return;
    forward->ticked_ms = now;
    save_cursor(forward);
    report(forward);
}

static void wait_ms(struct forward *forward, int64_t ms)
{
    struct pollfd stop = {.fd = forward->stop_fd, .events = POLLIN};

    forward_on_tick(forward);
    if (poll(&stop, 1, ms < 1000 ? (int)ms : 1000) > 0)
        forward->stopping = true;
}

/* ---- reading ---- */

static void add_line(struct forward *forward, const char *line, size_t len)
{
    struct csv_row row;

    if (csv_parse_row(line, len, &row) < 0) {
        forward->damaged += len < 8 || memcmp(line, "node_id,", 8) != 0;
        return;
    }
    if (forward->set.count + forward->filtered == 0)
        forward->set_since_ms = now_ms();
    if ((row.sample.present & forward->config->options.metrics) == 0) {
        forward->filtered++;
        return;
    }
    if (forward->set.count == 0)
        forward->oldest_row_ms = row.sample.time_ms;
    row_set_add(&forward->set, &row);
}

/* Reads what is there, up to a full set. 0 or a negative errno. */
static int read_rows(struct forward *forward)
{
    const char *line = NULL;
    size_t len = 0;
    int rc = 1;

    while (!row_set_is_full(&forward->set) && (rc = tail_next(&forward->tail, &line, &len)) > 0)
        add_line(forward, line, len);
    return rc < 0 ? rc : 0;
}

static bool is_due(const struct forward *forward, int64_t now)
{
    if (forward->set.count + forward->filtered == 0)
        return false;
    return row_set_is_full(&forward->set) || now - forward->set_since_ms >= forward->config->batch_ms;
}

static void fill(struct forward *forward)
{
    struct tail_place end;
    int64_t now = now_ms();
    int rc = read_rows(forward);

    if (rc == 0 && is_due(forward, now)) {
        rc = tail_place(&forward->tail, &end);
        if (rc == 0) {
            row_set_sort(&forward->set);
            transfer_filled(&forward->transfer, forward->set.count, forward->filtered, &end, now);
            forward->filtered = 0;
            if (forward->set.count > 0)
                return;
        }
    }
    if (rc < 0) {
        snprintf(forward->problem, sizeof forward->problem, "metrics.csv can't be read: %s", strerror(-rc));
        log_error("%s", forward->problem);
    }
    wait_ms(forward, LOOK_MS);
}

/* ---- sending ---- */

static void forward_on_refused(uint32_t row, void *arg)
{
    struct forward *forward = arg;
    const struct row_set_row *refused = &forward->set.rows[forward->set.order[row]];
    int64_t now = now_ms();

    forward->refused_unlogged++;
    (void)forward_files_put_refused(&forward->files, &forward->set.nodes[refused->node], &refused->sample,
                                    forward->answer.status, forward->answer.body);
    if (now - forward->refused_logged_ms < INT64_C(1000) * REFUSED_LINES_S && forward->refused_logged_ms > 0)
        return;
    log_warning("the engine refuses %" PRIu64 " rows with status %ld: %.200s; they are listed in %s",
                forward->refused_unlogged, forward->answer.status, forward->answer.body, forward->files.refused_name);
    forward->refused_logged_ms = now;
    forward->refused_unlogged = 0;
}

static void note_problem(struct forward *forward, enum engine_answer answer)
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
    if (strcmp(text, forward->problem) == 0)
        return;
    if (text[0] != '\0')
        log_warning("%s", text);
    else
        log_info("the engine accepts rows");
    memcpy(forward->problem, text, sizeof text);
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
    note_problem(forward, answer.answer);
    bool is_sending = forward->transfer.set_count > 0;
    bool goes_on = transfer_answered(&forward->transfer, &answer, now_ms(), forward_on_refused, forward);
    if (!goes_on)
        tail_move(&forward->tail, &forward->transfer.settled);
    if (!goes_on || (is_sending && forward->transfer.set_count == 0)) {
        row_set_clear(&forward->set);
        forward->filtered = 0;
        forward->is_behind = !goes_on;
    }
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
    int rc = write_request_encode(&forward->request, &forward->set, range->from, range->to, &forward->config->options);

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
            wait_ms(forward, action.until_ms - now_ms());
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

static int find_start(struct forward *forward, struct tail_place *place)
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
    rc = tail_place_newest(&forward->data, "metrics", place);
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
    return 0;
}

static int open_client(struct forward *forward, char *error, size_t error_size)
{
    static const char *const headers[] = {"Content-Type: application/x-protobuf",
                                          "Content-Encoding: snappy",
                                          "X-Prometheus-Remote-Write-Version: 0.1.0",
                                          "User-Agent: headroom-bridge/" HEADROOM_VERSION,
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
    struct tail_place place = {0};
    char error[512] = "";

    int rc = forward_files_open(&forward->files, forward->config->state, forward->config->name, error, sizeof error);
    if (rc == 0)
        rc = open_client(forward, error, sizeof error);
    if (rc < 0) {
        log_error("%s", error);
        return rc;
    }
    rc = row_set_init(&forward->set, ROWS_MAX);
    if (rc == 0)
        rc = open_data(forward);
    if (rc == 0)
        rc = find_start(forward, &place);
    tail_init(&forward->tail, &forward->data, "metrics", &place);
    transfer_init(&forward->transfer, forward->config->settle_ms, &place, clock_mono_us() ^ (uint64_t)getpid());
    return rc;
}

static void stop(struct forward *forward)
{
    tail_close(&forward->tail);
    if (forward->client.easy != NULL)
        http_client_close(&forward->client);
    forward_files_close(&forward->files);
    write_request_deinit(&forward->request);
    row_set_deinit(&forward->set);
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

    forward = (struct forward){.config = config, .data_fd = -1, .files = {.lock = -1, .refused = -1, .dir_fd = -1}};
    forward.tail.file = -1;
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
