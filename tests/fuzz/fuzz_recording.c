/* What people give to headroom-scaler: recordings (rows of metrics.csv), decisions.csv, and traces. The first byte says
 * which of them the rest is. Whatever it is, it is played in bounded time, and numbers stay numbers. */
#include "collector/store/csv_explain.h"
#include "common/parse.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_files.h"
#include "offline/decisions_file.h"
#include "offline/metrics_player.h"
#include "offline/trace.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define HISTORY_MS INT64_C(60000)
#define STEPS      200
#define LINE_SIZE  2048U

static void check_reason(int rc, const char *reason)
{
    MUST(rc < 0 && strlen(reason) > 0 && strchr(reason, '\n') == NULL);
}

/* Takes a line, 0-terminated; NULL at the end. */
static const char *next_line(const char **at, const char *end, char *line)
{
    if (*at >= end)
        return NULL;
    const char *line_end = memchr(*at, '\n', (size_t)(end - *at));
    size_t len = (size_t)((line_end != NULL ? line_end : end) - *at);
    snprintf(line, LINE_SIZE, "%.*s", (int)(len < LINE_SIZE ? len : LINE_SIZE - 1), *at);
    *at += len + 1;
    return line;
}

/* ---- recordings ---- */

static void play(struct metrics_player *player)
{
    metrics_player_begin(player);
    int64_t first_ms = metrics_player_first_ms(player), last_ms = metrics_player_last_ms(player);
    MUST(first_ms <= last_ms);
    for (int64_t step = 0; step <= STEPS; step++)
        MUST(metrics_player_play(player, first_ms + (last_ms - first_ms) / STEPS * step) == 0);
    for (unsigned i = 0; i < player->registry.node_count; i++)
        MUST(player->registry.nodes[i]->interval_ms > 0);
}

static void check_recording(const char *text, size_t len)
{
    struct metrics_player player;
    char line[LINE_SIZE], reason[512] = "";
    const char *at = text;

    MUST(metrics_player_init(&player, HISTORY_MS, NULL, NULL) == 0);
    while (next_line(&at, text + len, line) != NULL) {
        int rc = metrics_player_add(&player, line, strlen(line), reason, sizeof reason);
        if (rc < 0)
            check_reason(rc, reason);
    }
    (void)csv_explain_header(line, strlen(line), reason, sizeof reason);
    if (player.count > 0)
        play(&player);
    metrics_player_deinit(&player);
}

/* ---- traces ---- */

static void check_replay(const struct trace *trace)
{
    struct replay replay = REPLAY_DEFAULT;
    char reason[512] = "";
    double *demand = NULL;
    size_t steps = 0;

    replay.speed = 100.0; /* so that most are short */
    replay.noise = 0.03;
    int rc = trace_replay(trace, &replay, &demand, &steps, reason, sizeof reason);
    if (rc < 0) {
        check_reason(rc, reason);
        return;
    }
    for (size_t i = 0; i < steps; i++)
        MUST(isfinite(demand[i]) && demand[i] >= 0.0);
    free(demand);
}

static void check_trace(const char *text, size_t len)
{
    struct trace trace = {0};
    char line[LINE_SIZE], reason[512] = "";
    const char *at = text;

    const char *header = next_line(&at, text + len, line);
    int rc = header == NULL ? 0 : trace_read_header(&trace, header, reason, sizeof reason);
    if (rc < 0)
        check_reason(rc, reason);
    while (rc == 0 && next_line(&at, text + len, line) != NULL)
        if (trace_read_line(&trace, line, reason, sizeof reason) < 0)
            check_reason(-EINVAL, reason);
    if (rc == 0 && trace.count > 0 && trace.points[trace.count - 1].time_s < 1e7)
        check_replay(&trace);
    trace_deinit(&trace);
}

/* ---- decisions ---- */

static void check_decisions(const char *text, size_t len)
{
    const char *path = fuzz_files_write("decisions.csv", text, len);
    struct decisions_file file = {0};
    char reason[512] = "";

    int rc = decisions_file_read(path, false, &file, reason, sizeof reason);
    if (rc < 0) {
        check_reason(rc, reason);
        return;
    }
    for (size_t i = 0; i < file.count; i++)
        MUST(parse_name_ok(file.decisions[i].group, strlen(file.decisions[i].group)) && file.decisions[i].time_ms >= 0);
    decisions_file_deinit(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const checks[])(const char *text, size_t len) = {check_recording, check_trace, check_decisions};
    uint8_t which = fuzz_byte(&data, &size);

    checks[which % 3]((const char *)data, size);
    return 0;
}
