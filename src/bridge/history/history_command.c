#include "bridge/history/history_command.h"

#include "bridge/history/history_answer.h"
#include "bridge/history/history_engine.h"
#include "bridge/history/history_query.h"
#include "collector/archive/archive_answer.h"
#include "collector/archive/archive_line.h"
#include "common/commands.h"
#include "common/error_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asking {
    const struct archive_query *query;
    struct archive_buckets *buckets;
    unsigned column;
    enum archive_statistic statistic;
};

/* The value of a bucket comes at its end, since the engine looks back from there. */
static void history_command_on_value(int64_t time_ms, double value, void *arg)
{
    const struct asking *asking = arg;
    unsigned at = archive_buckets_at(asking->buckets, time_ms - asking->buckets->step_ms);

    if (at < asking->buckets->count)
        archive_buckets_set(asking->buckets, at, asking->column, asking->statistic,
                            value * history_query_factor(asking->query, asking->column));
}

static int ask_column(struct history_engine *engine, struct asking *asking, char *error, size_t error_size)
{
    const struct archive_buckets *buckets = asking->buckets;
    int64_t step_s = buckets->step_ms / 1000;
    int64_t begin_s = buckets->begin_ms / 1000 + step_s;
    char query[HISTORY_QUERY_MAX];
    int rc = 0;

    for (unsigned s = ARCHIVE_MEAN; s <= ARCHIVE_HIGHEST && rc == 0; s++) {
        asking->statistic = s;
        history_query_put(asking->query, asking->column, s, query);
        rc = history_engine_ask(engine, query, begin_s, begin_s + (buckets->count - 1) * step_s, step_s, error,
                                error_size);
        if (rc == 0)
            rc = history_answer_read(engine->body, engine->len, history_command_on_value, asking, error, error_size);
    }
    return rc;
}

static int ask_all(struct history_engine *engine, const struct archive_query *query, struct archive_buckets *buckets,
                   char *error, size_t error_size)
{
    struct asking asking = {.query = query, .buckets = buckets};
    int rc = 0;

    for (; asking.column < query->column_count && rc == 0; asking.column++)
        rc = ask_column(engine, &asking, error, error_size);
    return rc;
}

static int print_answer(const struct archive_query *query, const struct archive_buckets *buckets, char *error,
                        size_t error_size)
{
    const struct archive_coverage coverage = {.source = "engine", .is_complete = true, .from_ms = query->from_ms};
    struct archive_answer answer;

    if (archive_answer_buckets(query, &coverage, buckets, &answer) < 0)
        return error_text_set(error, error_size, -ENOMEM, "out of memory");
    size_t written = fwrite(answer.text, 1, answer.len, stdout);
    free(answer.text);
    if (written != answer.len || fflush(stdout) != 0)
        return error_text_set(error, error_size, -EIO, "can't write the answer: %s", strerror(errno));
    return 0;
}

static int answer(const struct history_config *config, const struct archive_query *query, char *error,
                  size_t error_size)
{
    struct archive_buckets buckets = {0};
    struct history_engine engine;

    int rc = history_engine_open(&engine, config, error, error_size);
    if (rc == 0 && archive_buckets_init(&buckets, query) < 0)
        rc = error_text_set(error, error_size, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = ask_all(&engine, query, &buckets, error, error_size);
    if (rc == 0)
        rc = print_answer(query, &buckets, error, error_size);
    archive_buckets_deinit(&buckets);
    history_engine_close(&engine);
    return rc;
}

int history_command(int argc, char **argv)
{
    static struct history_config config;
    struct archive_query query;
    char line[ARCHIVE_LINE_MAX];
    char error[512];

    if (history_config_parse(&config, argc, argv, error, sizeof error) < 0) {
        (void)fprintf(stderr, "headroom-bridge history: %s\n", error);
        return COMMANDS_USAGE;
    }
    if (fgets(line, sizeof line, stdin) == NULL)
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (archive_line_parse(line, &query) < 0) {
        (void)fprintf(stderr, "standard input must have one line: node or group, its name, from, to and now in "
                              "milliseconds, and columns separated by commas\n");
        return EXIT_FAILURE;
    }
    if (answer(&config, &query, error, sizeof error) == 0)
        return EXIT_SUCCESS;
    (void)fprintf(stderr, "%s\n", error);
    return EXIT_FAILURE;
}
