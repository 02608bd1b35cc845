/* The terminal of headroom top, by ncurses: draws a screen, and reads keys and signals.
 *
 * Signals come as events, so that the terminal is restored whatever ends or stops the program: SIGINT, SIGTERM, SIGHUP
 * and SIGQUIT end it, SIGTSTP (Ctrl-Z) stops it until SIGCONT. Without colours, or if NO_COLOR is set, styles are bold,
 * underlined and reverse; bars are block elements if the locale is UTF-8, otherwise ASCII. */
#ifndef CLI_TOP_TERMINAL_H
#define CLI_TOP_TERMINAL_H

#include "cli/top/top_screen.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

enum top_terminal_event { TOP_TERMINAL_NOTHING, TOP_TERMINAL_KEY, TOP_TERMINAL_REDRAW, TOP_TERMINAL_END };

struct top_terminal {
    void *screen;         /* of ncurses */
    int signals;          /* a signalfd */
    sigset_t mask_before; /* the signals that were blocked before */
    int events;           /* an epoll: readable when there is an event */
    bool is_utf8;
    unsigned styles[TOP_STYLES]; /* attributes of ncurses */
};

/* Standard input and output become a full screen. 0, or a negative errno with the reason in error. */
int top_terminal_open(struct top_terminal *terminal, char *error, size_t error_size);
void top_terminal_close(struct top_terminal *terminal);

/* The next event, without waiting; *key: of top_keys.h. */
enum top_terminal_event top_terminal_next(struct top_terminal *terminal, int *key);

/* The size in cells. */
void top_terminal_size(unsigned *columns, unsigned *rows);

void top_terminal_draw(const struct top_terminal *terminal, const struct top_screen *screen);

#endif
