#include "cli/decisions_command.h"

#include "cli/decision_text.h"
#include "cli/exit_status.h"
#include "cli/given_time.h"
#include "cli/reader.h"
#include "common/error_text.h"
#include "common/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define PAGE_MAX   1000U /* decisions of one answer */
#define SHOWN_MAX  10000U
#define SINCE_MS   INT64_C(86400000) /* without --since */
#define FOLLOW_S   2
#define FILTER_MAX 256U

enum { KEY_GROUP = REACH_OWN, KEY_SINCE, KEY_ALL, KEY_FOLLOW, KEY_JSON };

struct decisions {
    struct reader reader;
    const char *group; /* NULL: of all */
    int64_t since_ms;
    bool all; /* also those that hold */
    bool follow;
    bool json;
    json_t *recorded; /* the oldest one first */
    unsigned group_width;
};

static int on_flag(int key, const char *value, void *arg)
{
    struct decisions *decisions = arg;

    if (reach_take(&decisions->reader.reach, key, value))
        return 0;
    if (key == KEY_GROUP)
        return reader_take_group(&decisions->reader, &decisions->group, value);
    if (key == KEY_SINCE)
        return given_time_parse_past("--since", value, decisions->reader.view.now_ms, &decisions->since_ms,
                                     decisions->reader.error, sizeof decisions->reader.error);
    if (key == KEY_ALL)
        decisions->all = true;
    else if (key == KEY_FOLLOW)
        decisions->follow = true;
    else
        decisions->json = true;
    return 0;
}

/* ---- those that are recorded ---- */

/* The parameters that choose. */
static void filter(const struct decisions *decisions, char text[FILTER_MAX])
{
    (void)snprintf(text, FILTER_MAX, "%s%s%s", decisions->group != NULL ? "&group=" : "",
                   decisions->group != NULL ? decisions->group : "", decisions->all ? "" : "&action=up,down");
}

/* Page after page, from the newest one back. 0 or the exit status. */
static int get_recorded(struct decisions *decisions)
{
    json_t *all = decisions->recorded;
    int64_t to_ms = decisions->reader.view.now_ms + 1;
    char chosen[FILTER_MAX];
    bool more = true;

    filter(decisions, chosen);
    while (more && json_array_size(all) < SHOWN_MAX) {
        json_t *page = NULL;
        int result = reader_get(&decisions->reader, "decisions", &page,
                                "/api/v1/decisions?from=%" PRId64 "&to=%" PRId64 "&limit=%u%s", decisions->since_ms,
                                to_ms, PAGE_MAX, chosen);
        if (result != 0)
            return result;
        const json_t *found = json_object_get(page, "decisions");
        for (size_t i = json_array_size(found); i > 0; i--)
            (void)json_array_insert(all, 0, json_array_get(found, i - 1));
        to_ms = json_integer_value(json_object_get(json_array_get(found, 0), "time_ms"));
        more = json_is_true(json_object_get(page, "more")) && json_array_size(found) > 0;
        json_decref(page);
    }
    return 0;
}

static void print(const struct decisions *decisions, const json_t *decision)
{
    if (decisions->json)
        reader_print_json(decision);
    else
        decision_text_print(decision, decisions->group_width, &decisions->reader.view);
}

/* 0 or the exit status. */
static int show_recorded(struct decisions *decisions)
{
    const json_t *decision = NULL;
    char since[VIEW_TIME_LEN];
    size_t i = 0;

    int result = get_recorded(decisions);
    if (result != 0)
        return result;
    decisions->group_width = decisions->group == NULL ? decision_text_group_width(decisions->recorded) : 0;
    view_time(&decisions->reader.view, decisions->since_ms, since);
    if (json_array_size(decisions->recorded) == 0)
        (void)fprintf(stderr, "No decisions%s since %s.\n", decisions->all ? "" : " to add or remove nodes", since);
    if (!decisions->json && (decisions->follow || json_array_size(decisions->recorded) > 0))
        decision_text_titles(decisions->group_width, &decisions->reader.view);
    json_array_foreach(decisions->recorded, i, decision)
    {
        print(decisions, decision);
    }
    return 0;
}

/* ---- those to come ---- */

/* Whether it was shown as a recorded one: it was made while those were read. */
static bool is_shown(const struct decisions *decisions, const json_t *decision)
{
    for (size_t i = json_array_size(decisions->recorded); i > 0; i--) {
        const json_t *shown = json_array_get(decisions->recorded, i - 1);
        if (json_equal(json_object_get(shown, "time_ms"), json_object_get(decision, "time_ms")) == 1 &&
            json_equal(json_object_get(shown, "group"), json_object_get(decision, "group")) == 1)
            return true;
    }
    return false;
}

static bool is_wanted(const struct decisions *decisions, const json_t *decision)
{
    const char *action = json_string_value(json_object_get(decision, "action"));

    return (decisions->all || action == NULL || strcmp(action, "hold") != 0) && !is_shown(decisions, decision);
}

/* The next ones after the id, which moves on. Returns 0 or a negative errno, with the reason in the reader's error. */
static int show_next(struct decisions *decisions, int64_t *last)
{
    json_t *page = NULL;
    const json_t *decision = NULL;
    char path[FILTER_MAX];
    size_t i = 0;

    (void)snprintf(path, sizeof path, "/api/v1/decisions?limit=%u%s%s", *last < 0 ? 1U : PAGE_MAX,
                   decisions->group != NULL ? "&group=" : "", decisions->group != NULL ? decisions->group : "");
    if (*last >= 0)
        (void)snprintf(path + strlen(path), sizeof path - strlen(path), "&since=%" PRId64, *last);
    int rc =
        api_client_get(&decisions->reader.client, path, &page, decisions->reader.error, sizeof decisions->reader.error);
    if (rc < 0)
        return rc;
    json_array_foreach(json_object_get(page, "decisions"), i, decision)
    {
        if (*last >= 0 && is_wanted(decisions, decision))
            print(decisions, decision);
    }
    *last = json_integer_value(json_object_get(page, "last"));
    json_decref(page);
    (void)fflush(stdout);
    return 0;
}

/* Until the reader of the output is gone, or a signal comes. A collector that is restarted is awaited. */
static int follow(struct decisions *decisions, int64_t last)
{
    bool is_lost = false;

    while (ferror(stdout) == 0) {
        int rc = show_next(decisions, &last);
        if (rc < 0 && !is_lost)
            (void)fprintf(stderr, "%s: %s; trying again\n", decisions->reader.program, decisions->reader.error);
        is_lost = rc < 0;
        (void)nanosleep(&(struct timespec){.tv_sec = FOLLOW_S}, NULL);
    }
    return EXIT_STATUS_DONE;
}

static int show(struct decisions *decisions)
{
    int64_t last = -1;

    /* from where on to follow, before the recorded ones are read: none may fall between */
    if (decisions->follow && show_next(decisions, &last) < 0)
        return reader_fail(&decisions->reader, EXIT_STATUS_UNREAD, "%s", decisions->reader.error);
    int result = show_recorded(decisions);
    return result == 0 && decisions->follow ? follow(decisions, last) : result;
}

/* ---- the command line ---- */

static const struct argp_option options[] = {
    {.name = "group", .key = KEY_GROUP, .arg = "NAME", .doc = "Only of this group"},
    {.name = "since",
     .key = KEY_SINCE,
     .arg = "TIME",
     .doc = "From when on: a local time such as 02:13, the last one, or \"2026-11-28 02:13\", or a time ago such as 2h "
            "(default: 1d)"},
    {.name = "all", .key = KEY_ALL, .doc = "Also decisions that neither add nor remove nodes"},
    {.name = "follow", .key = KEY_FOLLOW, .doc = "Go on, and print each decision as it is made"},
    READER_JSON_FLAG(KEY_JSON),
    REACH_FLAGS,
    FLAGS_STANDARD,
    {0}};

int decisions_command(int argc, char **argv)
{
    struct decisions decisions = {0};
    const struct flags flags = {.program = "headroom decisions",
                                .about = "Lists the decisions to add or remove nodes, the oldest one first. With "
                                         "--json, each is an object on a line of its own.",
                                .options = options,
                                .on_flag = on_flag,
                                .arg = &decisions};

    reader_init(&decisions.reader, flags.program);
    decisions.since_ms = decisions.reader.view.now_ms - SINCE_MS;
    int result = reader_open(&decisions.reader, &flags, argc, argv);
    if (result != 0)
        return result;
    decisions.recorded = json_array();
    result = show(&decisions);
    json_decref(decisions.recorded);
    return reader_close(&decisions.reader, result);
}
