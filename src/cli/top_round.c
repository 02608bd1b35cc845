#include "cli/top_round.h"

#include "common/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#define ERROR_MAX 512U

void top_round_init(struct top_round *round, struct api_client *client, struct top *top)
{
    *round = (struct top_round){.client = client, .top = top};
}

static void end(struct top_round *round, const char *error)
{
    round->is_running = false;
    round->due_ms = round->began_ms + round->top->link.delay_ms;
    top_end_round(round->top, error, clock_ms(CLOCK_BOOTTIME));
}

/* The first document from here on that is needed. After the last one the round is over. */
static void request_next(struct top_round *round)
{
    char path[TOP_PATH_MAX];
    char error[ERROR_MAX];

    while (round->document < TOP_DOCUMENTS && !top_path(round->top, round->document, path))
        round->document++;
    if (round->document == TOP_DOCUMENTS) {
        end(round, "");
        return;
    }
    round->is_running = true;
    if (api_client_begin(round->client, path, error, sizeof error) < 0)
        end(round, error);
}

int64_t top_round_begin(struct top_round *round, int64_t now_ms)
{
    struct top *top = round->top;

    if (round->is_running || (top->paused && !top->hurry))
        return -1;
    if (now_ms < round->due_ms && !top->hurry)
        return round->due_ms - now_ms;
    top->hurry = false;
    round->began_ms = now_ms;
    round->document = 0;
    request_next(round);
    return -1;
}

static void take_answer(struct top_round *round)
{
    char error[ERROR_MAX] = "";
    json_t *answer = NULL;
    int rc = api_client_take(round->client, &answer, error, sizeof error);

    if (rc == 0) {
        rc = top_take(round->top, round->document, answer);
        json_decref(answer);
        if (rc < 0)
            (void)snprintf(error, sizeof error, "%s",
                           rc == -ENOMEM ? "out of memory" : "its answer is not that of a collector");
    } else if (top_do_without(round->top, round->document, rc)) {
        rc = 0;
    }
    if (rc < 0) {
        end(round, error);
        return;
    }
    round->document++;
    request_next(round);
}

bool top_round_wait(struct top_round *round, int fd, int timeout_ms)
{
    struct pollfd waited = {.fd = fd, .events = POLLIN};

    if (!round->is_running) {
        (void)poll(&waited, 1, timeout_ms);
        return false;
    }
    if (!api_client_wait(round->client, fd, timeout_ms))
        return false;
    take_answer(round);
    return true;
}
