#include "bridge/query/query.h"

#include "bridge/query/query_plan.h"
#include "bridge/query/query_transfers.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/u64.h"
#include "feed/feed_line.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LOOK_MS 1000 /* whether somebody still reads */

struct query_state {
    const struct query_list *list;
    struct query_plan plan;
    struct query_transfers transfers;
    int stop_fd;
    bool stopping;
};

/* ---- lines ---- */

static void put_line(struct query_state *state, const struct feed_line *line)
{
    char text[FEED_LINE_MAX + 2];
    size_t len = feed_line_format(line, text);

    for (size_t at = 0; at < len && !state->stopping;) {
        ssize_t put = write(STDOUT_FILENO, text + at, len - at);
        if (put >= 0)
            at += (size_t)put;
        else if (errno != EINTR)
            state->stopping = true;
    }
}

/* Where no agents run, a value without the number of nodes is of no use. */
static const char *why_missing(const struct query_signal *signal, const struct query_answer *answer)
{
    bool is_empty = answer->kind == QUERY_EMPTY;

    if (answer->kind == QUERY_UNUSABLE)
        return answer->sentence;
    if (signal->settings->nodes_query[0] != '\0' && !answer->has_nodes)
        return is_empty ? "its queries returned no series" : "the query of nodes returned no series";
    return is_empty && !signal->settings->empty_is_zero ? "the query returned no series" : NULL;
}

static void fill_line(struct feed_line *line, const struct query_signal *signal, const struct query_answer *answer,
                      int64_t age_ms)
{
    const char *why = why_missing(signal, answer);
    bool is_zero = answer->kind == QUERY_EMPTY;

    *line = (struct feed_line){.kind = why == NULL ? FEED_LINE_SIGNAL : FEED_LINE_MISSING};
    memcpy(line->name, signal->settings->name, sizeof signal->settings->name);
    if (why != NULL) {
        (void)snprintf(line->sentence, sizeof line->sentence, "%s", why);
        return;
    }
    line->value = is_zero ? 0 : answer->value;
    line->age_ms = is_zero ? 0 : age_ms;
    line->has_nodes = signal->settings->nodes_query[0] != '\0';
    line->nodes = answer->nodes;
}

static void put_lines(struct query_state *state, unsigned index, const struct query_answer *answer, int64_t age_ms)
{
    const struct query *query = &state->list->queries[index];
    struct feed_line line;

    for (unsigned i = query->first; i < query->first + query->count; i++) {
        fill_line(&line, &state->list->signals[i], answer, age_ms);
        put_line(state, &line);
    }
}

/* ---- queries ---- */

static void query_on_answer(unsigned index, const struct query_answer *answer, int64_t age_ms, void *arg)
{
    struct query_state *state = arg;

    query_plan_ended(&state->plan, index);
    put_lines(state, index, answer, age_ms);
}

static const struct query_signal *first_signal(const struct query_state *state, unsigned index)
{
    return &state->list->signals[state->list->queries[index].first];
}

static void start_queries(struct query_state *state, uint64_t now_ms)
{
    int index = -1;

    while ((index = query_plan_next(&state->plan, now_ms)) >= 0)
        query_transfers_start(&state->transfers, (unsigned)index, first_signal(state, (unsigned)index));
}

static void report_overdue(struct query_state *state, uint64_t now_ms)
{
    struct query_answer answer = {.kind = QUERY_UNUSABLE};
    int index = -1;

    while ((index = query_plan_overdue(&state->plan, now_ms)) >= 0) {
        (void)snprintf(answer.sentence, sizeof answer.sentence,
                       "%.200s is too slow: the query has waited for a tick, behind others",
                       first_signal(state, (unsigned)index)->url);
        put_lines(state, (unsigned)index, &answer, 0);
    }
}

/* ---- the program ---- */

static bool is_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    return poll(&ready, 1, 0) > 0;
}

static bool has_reader(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    return poll(&out, 1, 0) <= 0 || (out.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

static void run(struct query_state *state)
{
    while (!state->stopping) {
        uint64_t now_ms = (uint64_t)clock_ms(CLOCK_MONOTONIC);
        start_queries(state, now_ms);
        report_overdue(state, now_ms);
        uint64_t due_ms = query_plan_due_ms(&state->plan);
        uint64_t wait_ms = due_ms > now_ms ? u64_min(due_ms - now_ms, LOOK_MS) : 0;
        query_transfers_run(&state->transfers, (int)wait_ms, state->stop_fd);
        state->stopping = state->stopping || is_readable(state->stop_fd) || !has_reader();
    }
}

static int open_signals(void)
{
    sigset_t set;

    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int query_run(const struct query_list *list, int64_t tick_ms, const char *ca_file)
{
    struct query_state state = {.list = list, .stop_fd = open_signals()};
    int rc = state.stop_fd < 0 ? state.stop_fd : 0;

    if (rc == 0)
        rc = query_plan_init(&state.plan, list, (uint64_t)tick_ms, (uint64_t)clock_ms(CLOCK_MONOTONIC));
    if (rc == 0)
        rc = query_transfers_open(&state.transfers, ca_file, query_on_answer, &state);
    if (rc == 0) {
        run(&state);
        query_transfers_close(&state.transfers);
    } else {
        log_error("can't start to ask for signals: %s", strerror(-rc));
    }
    query_plan_deinit(&state.plan);
    if (state.stop_fd >= 0)
        close(state.stop_fd);
    return rc;
}
