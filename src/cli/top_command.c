#include "cli/top_command.h"

#include "cli/exit_status.h"
#include "cli/reader.h"
#include "cli/top/top.h"
#include "cli/top/top_keys.h"
#include "cli/top/top_paint.h"
#include "cli/top_round.h"
#include "cli/top_terminal.h"
#include "common/clock.h"
#include "common/error_text.h"
#include "common/flags.h"
#include "common/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DELAY_MS_DEFAULT 2000
#define DELAY_MS_MIN     200
#define DELAY_MS_MAX     3600000
#define PAINT_MS_MAX     1000 /* the time of day and that of a silence are shown in seconds */

enum { KEY_DELAY = REACH_OWN };

struct session {
    struct reader reader;
    const char *group; /* NULL: all */
    int64_t delay_ms;
    struct top top;
    struct top_round round;
    struct top_terminal terminal;
    struct top_screen screen;
    int64_t painted_ms;
};

/* ---- flags ---- */

static int on_flag(int key, const char *value, void *arg)
{
    struct session *session = arg;

    if (reach_take(&session->reader.reach, key, value))
        return 0;
    if (parse_duration_ms(value, &session->delay_ms) < 0 || session->delay_ms < DELAY_MS_MIN ||
        session->delay_ms > DELAY_MS_MAX)
        return error_text_set(session->reader.error, sizeof session->reader.error, -EINVAL,
                              "--delay must be a duration from 200ms to 1h, got \"%.40s\"", value);
    return 0;
}

static int on_operand(int key, const char *value, void *arg)
{
    struct session *session = arg;

    (void)key;
    return reader_take_group(&session->reader, &session->group, value);
}

static const struct argp_option options[] = {
    {.name = "delay", .key = KEY_DELAY, .arg = "TIME", .doc = "Time from one request to the next (default 2s)"},
    REACH_FLAGS,
    FLAGS_STANDARD,
    {0}};

/* ---- the session ---- */

static void paint(struct session *session, int64_t now_ms)
{
    time_t now = time(NULL);
    struct tm local;
    char clock[48] = "";

    if (localtime_r(&now, &local) != NULL)
        (void)strftime(clock, sizeof clock, "%H:%M:%S %Z", &local);
    top_terminal_size(&session->screen.columns, &session->screen.rows);
    top_paint(&session->top, &session->screen, now_ms, clock);
    top_terminal_draw(&session->terminal, &session->screen);
    session->painted_ms = now_ms;
}

/* All events that are there. Whether there were any. */
static bool take_events(struct session *session)
{
    enum top_terminal_event event = TOP_TERMINAL_NOTHING;
    bool any = false;
    int key = 0;

    while (!session->top.quit && (event = top_terminal_next(&session->terminal, &key)) != TOP_TERMINAL_NOTHING) {
        if (event == TOP_TERMINAL_KEY)
            top_keys_press(&session->top, key);
        if (event == TOP_TERMINAL_END)
            session->top.quit = true;
        any = true;
    }
    return any;
}

/* The milliseconds until something is due: the next round, or the next second on the screen. */
static int time_to_wait(const struct session *session, int64_t round_in_ms, int64_t now_ms)
{
    int64_t wait = session->painted_ms + PAINT_MS_MAX - now_ms;

    if (round_in_ms >= 0 && round_in_ms < wait)
        wait = round_in_ms;
    return wait > 0 ? (int)wait : 0;
}

static void run(struct session *session)
{
    paint(session, clock_ms(CLOCK_BOOTTIME));
    while (!session->top.quit) {
        int64_t round_in_ms = top_round_begin(&session->round, clock_ms(CLOCK_BOOTTIME));
        int wait_ms = time_to_wait(session, round_in_ms, clock_ms(CLOCK_BOOTTIME));
        bool changed = top_round_wait(&session->round, session->terminal.events, wait_ms);
        changed = take_events(session) || changed;
        int64_t now_ms = clock_ms(CLOCK_BOOTTIME);
        if (changed || now_ms >= session->painted_ms + PAINT_MS_MAX)
            paint(session, now_ms);
    }
}

/* Returns the exit status. */
static int show(struct session *session)
{
    char error[512];

    if (top_terminal_open(&session->terminal, error, sizeof error) < 0)
        return reader_fail(&session->reader, EXIT_STATUS_UNREAD, "%s", error);
    top_init(&session->top, session->reader.reach.collector, session->delay_ms, clock_ms(CLOCK_BOOTTIME));
    top_round_init(&session->round, &session->reader.client, &session->top);
    if (session->group != NULL)
        top_open_nodes(&session->top, session->group);
    run(session);
    top_terminal_close(&session->terminal);
    top_deinit(&session->top);
    return EXIT_STATUS_DONE;
}

int top_command(int argc, char **argv)
{
    struct session *session = calloc(1, sizeof *session);
    const struct flags flags = {
        .program = "headroom top",
        .about = "Shows groups, nodes and problems on a full screen, as they change; with GROUP, its nodes first."
                 "\vF1 shows the keys, which are those of htop: F3 searches, F4 filters, F6 chooses the column to "
                 "sort by, Tab goes from groups to nodes and problems, Enter opens a line, Esc leads back, Space "
                 "pauses, q quits. Without a UTF-8 locale, bars are drawn in ASCII; NO_COLOR in the environment "
                 "turns colours off.",
        .options = options,
        .on_flag = on_flag,
        .operands = "[GROUP]",
        .on_operand = on_operand,
        .arg = session};

    if (session == NULL) {
        (void)fprintf(stderr, "headroom top: out of memory\n");
        return EXIT_STATUS_UNREAD;
    }
    session->delay_ms = DELAY_MS_DEFAULT;
    reader_init(&session->reader, flags.program);
    int result = reader_open(&session->reader, &flags, argc, argv);
    if (result == 0) {
        result = reader_close(&session->reader, show(session));
    }
    free(session);
    return result;
}
