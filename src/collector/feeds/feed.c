#include "collector/feeds/feed.h"

#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_LINES         5U /* of one program, in LOG_INTERVAL_MS */
#define LOG_INTERVAL_MS   60000U
#define TITLE_MAX         80  /* bytes of a program in a sentence */
#define LINE_MAX_SHOWN    200 /* bytes of its standard error in one */
#define SENTENCE_MAX      (FEED_LINE_MAX - SIGNAL_NAME_LEN_MAX)
#define QUERY_SILENCE_MS  60000U /* of headroom-bridge, beyond two ticks: the longest timeout of a query */
#define PROGRAM_ARGUMENTS (SIGNAL_PROGRAM_MAX / 2 + 2)

/* ---- the log ---- */

static bool may_log(struct feed *feed)
{
    unsigned suppressed = 0;

    if (!log_limit_pass(&feed->limit, uv_now(feed->hub->loop), &suppressed))
        return false;
    if (suppressed > 0)
        log_info("signals: %.*s: %u more lines were not logged", TITLE_MAX, feed_spec_title(&feed->spec), suppressed);
    return true;
}

/* ---- lines ---- */

static void report_missing(const struct feed *feed, const char *sentence)
{
    struct feed_line line = {.kind = FEED_LINE_MISSING};

    (void)snprintf(line.sentence, sizeof line.sentence, "%s", sentence);
    for (unsigned i = 0; i < feed->spec.name_count; i++) {
        memcpy(line.name, feed->spec.names[i], sizeof line.name);
        feed->hub->options.cb(&line, feed->hub->options.arg);
    }
}

static void refuse_line(struct feed *feed, const char *why)
{
    feed->hub->lines.unusable++;
    if (may_log(feed))
        log_warning("signals: %.*s printed a line that can't be used: %s", TITLE_MAX, feed_spec_title(&feed->spec),
                    why);
}

static void feed_on_line(const char *text, size_t len, void *arg)
{
    struct feed *feed = arg;
    struct feed_hub *hub = feed->hub;
    struct feed_line line;
    char error[SENTENCE_MAX];

    if (feed_line_parse(text, len, &line, error, sizeof error) < 0) {
        refuse_line(feed, error);
    } else if (line.kind == FEED_LINE_OTHER) {
        hub->lines.ignored++;
    } else if (!feed_spec_has(&feed->spec, line.name)) {
        (void)snprintf(error, sizeof error, "no signal of this program has the name %s", line.name);
        refuse_line(feed, error);
    } else {
        hub->lines.used++;
        feed_life_heard(&feed->life, uv_now(hub->loop));
        hub->options.cb(&line, hub->options.arg);
    }
}

static void feed_on_output(const char *data, size_t len, void *arg)
{
    struct feed *feed = arg;

    feed_split_add(&feed->split, data, len, feed_on_line, feed);
    if (feed->split.longer == feed->longer)
        return;
    feed->hub->lines.unusable += feed->split.longer - feed->longer - 1;
    feed->longer = feed->split.longer;
    refuse_line(feed, "a line is too long");
}

static void feed_on_error_line(const char *line, void *arg)
{
    struct feed *feed = arg;

    (void)snprintf(feed->last_line, sizeof feed->last_line, "%s", line);
    if (may_log(feed))
        log_info("signals: %.*s: %s", TITLE_MAX, feed_spec_title(&feed->spec), line);
}

static void feed_on_error_output(const char *data, size_t len, void *arg)
{
    struct feed *feed = arg;

    hook_output_add(&feed->errors, data, len, feed_on_error_line, feed);
}

/* ---- ends ---- */

static void describe_end(const struct feed *feed, const struct spawner_end *end, char *text, size_t size)
{
    const char *title = feed_spec_title(&feed->spec);
    const char *last = feed->last_line;
    const char *colon = last[0] != '\0' ? ": " : "";

    if (end->error < 0)
        (void)snprintf(text, size, "%.*s can't be started: %s", TITLE_MAX, title, strerror(-end->error));
    else if (feed->life.is_killed)
        (void)snprintf(text, size, "%.*s reported nothing for %u s and was ended", TITLE_MAX, title,
                       (unsigned)((feed->life.silence_ms + feed->life.hang_ms) / 1000));
    else if (end->signum != 0)
        (void)snprintf(text, size, "%.*s was killed by signal %d%s%.*s", TITLE_MAX, title, end->signum, colon,
                       LINE_MAX_SHOWN, last);
    else if (end->exit_status != 0)
        (void)snprintf(text, size, "%.*s ended with exit status %d%s%.*s", TITLE_MAX, title, end->exit_status, colon,
                       LINE_MAX_SHOWN, last);
    else
        (void)snprintf(text, size, "%.*s ended and reported nothing%s%.*s", TITLE_MAX, title, colon, LINE_MAX_SHOWN,
                       last);
}

static void feed_on_ended(const struct spawner_end *end, void *arg)
{
    struct feed *feed = arg;
    uint64_t now_ms = uv_now(feed->hub->loop);
    char text[SENTENCE_MAX];

    hook_output_end(&feed->errors, feed_on_error_line, feed);
    feed->run = NULL;
    describe_end(feed, end, text, sizeof text);
    bool is_exit_0 = end->error == 0 && end->signum == 0 && end->exit_status == 0;
    if (feed_life_ended(&feed->life, is_exit_0, now_ms)) {
        if (may_log(feed))
            log_warning("signals: %s", text);
        report_missing(feed, text);
    }
    feed->hub->on_ended(feed->hub->arg);
}

/* ---- starts ---- */

/* Cuts the text into words. */
static void split_words(char *text, char **words)
{
    char *rest = NULL;
    unsigned count = 0;

    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    words[count] = NULL;
}

static struct feed_run *start_run(struct feed *feed, char *const *arguments)
{
    static const struct feed_run_events events = {feed_on_output, feed_on_error_output, feed_on_ended};
    struct feed_hub *hub = feed->hub;

    return feed_run_start(hub->loop, hub->options.spawner, arguments, hub->buffer, &events, feed);
}

static struct feed_run *start_program(struct feed *feed)
{
    char text[SIGNAL_PROGRAM_MAX + 1];
    char *words[PROGRAM_ARGUMENTS];

    memcpy(text, feed->spec.program, sizeof text);
    split_words(text, words);
    return start_run(feed, words);
}

/* It reads the same command line and configuration file as this program. */
static struct feed_run *start_bridge(struct feed *feed)
{
    const struct feed_options *options = &feed->hub->options;
    unsigned count = 0;

    while (options->argv[count] != NULL)
        count++;
    char **arguments = calloc(count + 2U, sizeof *arguments);
    if (arguments == NULL)
        return NULL;
    arguments[0] = (char *)options->bridge;
    arguments[1] = "query";
    for (unsigned i = 1; i < count; i++)
        arguments[i + 1] = options->argv[i];
    struct feed_run *run = start_run(feed, arguments);
    free(arguments);
    return run;
}

static void start(struct feed *feed)
{
    static const struct spawner_end no_memory = {.error = -ENOMEM};

    feed->split = (struct feed_split){.used = 0};
    feed->longer = 0;
    feed->errors = (struct hook_output){.used = 0};
    feed->last_line[0] = '\0';
    feed->run = feed->spec.program[0] == '\0' ? start_bridge(feed) : start_program(feed);
    if (feed->run == NULL)
        feed_on_ended(&no_memory, feed);
}

static void report_silence(struct feed *feed)
{
    char text[SENTENCE_MAX];

    (void)snprintf(text, sizeof text, "%.*s has reported nothing for %u s", TITLE_MAX, feed_spec_title(&feed->spec),
                   (unsigned)((uv_now(feed->hub->loop) - feed->life.heard_ms) / 1000));
    if (may_log(feed))
        log_warning("signals: %s", text);
    report_missing(feed, text);
}

void feed_step(struct feed *feed)
{
    switch (feed_life_step(&feed->life, uv_now(feed->hub->loop))) {
    case FEED_START:
        start(feed);
        break;
    case FEED_SILENT:
        report_silence(feed);
        break;
    case FEED_KILL:
        feed_run_kill(feed->run);
        break;
    case FEED_NOTHING:
        break;
    }
}

/* ---- from start to end ---- */

static uint64_t silence_of(const struct feed_spec *spec, uint64_t tick_ms)
{
    return spec->program[0] != '\0' ? FEED_SILENCE_MS : 2 * tick_ms + QUERY_SILENCE_MS;
}

struct feed *feed_new(struct feed_hub *hub, struct feed_spec *spec, uint64_t tick_ms)
{
    struct feed *feed = calloc(1, sizeof *feed);

    if (feed == NULL)
        return NULL;
    feed->hub = hub;
    feed->limit = (struct log_limit){.interval_ms = LOG_INTERVAL_MS, .burst = LOG_LINES};
    feed_adopt(feed, spec);
    feed_life_init(&feed->life, tick_ms, silence_of(spec, tick_ms), spec->hash, uv_now(hub->loop));
    return feed;
}

bool feed_is(const struct feed *feed, const struct feed_spec *spec)
{
    return feed->spec.hash == spec->hash && strcmp(feed->spec.program, spec->program) == 0;
}

void feed_adopt(struct feed *feed, struct feed_spec *spec)
{
    free(feed->spec.names);
    feed->spec = *spec;
    spec->names = NULL;
}

void feed_free(struct feed *feed, bool waits)
{
    if (feed->run != NULL)
        feed_run_abandon(feed->run, waits);
    free(feed->spec.names);
    free(feed);
}
