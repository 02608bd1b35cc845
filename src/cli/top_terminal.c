#include "cli/top_terminal.h"

#include "cli/terminal.h"
#include "cli/top/top_keys.h"
#include "cli/top_terminfo.h"
#include "common/error_text.h"

#define NCURSES_NOMACROS
#include <curses.h>

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define ESCAPE_MS 50 /* between Esc and the rest of a key's sequence, which a network may separate */

/* ---- styles ---- */

enum { PAIR_GOOD = 1, PAIR_WARNING, PAIR_CRITICAL, PAIR_HEADING, PAIR_SELECTED };

static void set_plain_styles(struct top_terminal *terminal)
{
    terminal->styles[TOP_STYLE_PLAIN] = A_NORMAL;
    terminal->styles[TOP_STYLE_DIM] = A_DIM;
    terminal->styles[TOP_STYLE_STRONG] = A_BOLD;
    terminal->styles[TOP_STYLE_GOOD] = A_NORMAL;
    terminal->styles[TOP_STYLE_WARNING] = A_BOLD;
    terminal->styles[TOP_STYLE_CRITICAL] = A_BOLD | A_UNDERLINE;
    terminal->styles[TOP_STYLE_HEADING] = A_REVERSE;
    terminal->styles[TOP_STYLE_SELECTED] = A_REVERSE | A_BOLD;
    terminal->styles[TOP_STYLE_KEY] = A_REVERSE;
}

static void set_styles(struct top_terminal *terminal)
{
    set_plain_styles(terminal);
    if (!terminal_may_have_colours() || !has_colors() || start_color() == ERR)
        return;
    (void)use_default_colors();
    (void)init_pair(PAIR_GOOD, COLOR_GREEN, -1);
    (void)init_pair(PAIR_WARNING, COLOR_YELLOW, -1);
    (void)init_pair(PAIR_CRITICAL, COLOR_RED, -1);
    (void)init_pair(PAIR_HEADING, COLOR_BLACK, COLOR_GREEN);
    (void)init_pair(PAIR_SELECTED, COLOR_BLACK, COLOR_CYAN);
    terminal->styles[TOP_STYLE_GOOD] = (unsigned)COLOR_PAIR(PAIR_GOOD);
    terminal->styles[TOP_STYLE_WARNING] = (unsigned)COLOR_PAIR(PAIR_WARNING);
    terminal->styles[TOP_STYLE_CRITICAL] = (unsigned)COLOR_PAIR(PAIR_CRITICAL) | A_BOLD;
    terminal->styles[TOP_STYLE_HEADING] = (unsigned)COLOR_PAIR(PAIR_HEADING);
    terminal->styles[TOP_STYLE_SELECTED] = (unsigned)COLOR_PAIR(PAIR_SELECTED);
    terminal->styles[TOP_STYLE_KEY] = (unsigned)COLOR_PAIR(PAIR_SELECTED);
}

/* ---- open and close ---- */

static int add_event(const struct top_terminal *terminal, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(terminal->events, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static void get_signals(sigset_t *set)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};

    (void)sigemptyset(set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)sigaddset(set, numbers[i]);
}

static int open_events(struct top_terminal *terminal)
{
    sigset_t set;

    get_signals(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, &terminal->mask_before);
    terminal->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    terminal->events = epoll_create1(EPOLL_CLOEXEC);
    if (terminal->signals < 0 || terminal->events < 0)
        return -errno;
    int rc = add_event(terminal, terminal->signals);
    return rc == 0 ? add_event(terminal, STDIN_FILENO) : rc;
}

int top_terminal_open(struct top_terminal *terminal, char *error, size_t error_size)
{
    *terminal = (struct top_terminal){.signals = -1, .events = -1};
    if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)
        return error_text_set(error, error_size, -ENOTTY,
                              "it needs a terminal; \"headroom status\" prints to files and pipes");
    (void)setlocale(LC_CTYPE, "");
    terminal->is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    int rc = open_events(terminal);
    if (rc < 0) {
        top_terminal_close(terminal);
        return error_text_set(error, error_size, rc, "the terminal can't be read: %s", strerror(-rc));
    }
    terminal->screen = top_terminfo_is_usable() ? newterm(NULL, stdout, stdin) : NULL;
    if (terminal->screen == NULL) {
        const char *name = getenv("TERM");
        top_terminal_close(terminal);
        return error_text_set(error, error_size, -ENOTTY,
                              "the terminal \"%.40s\" is not known here, or can't show a full screen; set TERM",
                              name != NULL ? name : "");
    }
    (void)signal(SIGTSTP, SIG_DFL); /* in place of ncurses's own, which events replace */
    (void)set_escdelay(ESCAPE_MS);
    (void)cbreak();
    (void)noecho();
    (void)curs_set(0);
    (void)keypad(stdscr, true);
    (void)nodelay(stdscr, true);
    set_styles(terminal);
    return 0;
}

void top_terminal_close(struct top_terminal *terminal)
{
    if (terminal->screen != NULL) {
        (void)endwin();
        delscreen(terminal->screen);
    }
    if (terminal->signals >= 0)
        (void)close(terminal->signals);
    if (terminal->events >= 0)
        (void)close(terminal->events);
    (void)pthread_sigmask(SIG_SETMASK, &terminal->mask_before, NULL); /* from now on a signal ends the program */
    *terminal = (struct top_terminal){.signals = -1, .events = -1};
}

/* ---- events ---- */

/* Gives the terminal back to the shell, until the shell continues this program. */
static void stop(void)
{
    sigset_t set;

    (void)endwin();
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTSTP);
    (void)raise(SIGTSTP);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int at_most(unsigned value, unsigned limit)
{
    return (int)(value < limit ? value : limit);
}

/* Other programs may have written to the terminal, and its size may be another one. ncurses gets a size of at most what
 * is drawn, because it takes memory for each cell, and crashes where a size does not fit into 15 bits. */
static void start_anew(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        (void)resizeterm(at_most(size.ws_row, TOP_SCREEN_ROWS_MAX), at_most(size.ws_col, TOP_SCREEN_COLUMNS_MAX));
    (void)clearok(curscr, true);
    (void)wrefresh(stdscr);
}

static enum top_terminal_event take_signal(const struct top_terminal *terminal)
{
    struct signalfd_siginfo info;

    if (read(terminal->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return TOP_TERMINAL_NOTHING;
    if (info.ssi_signo == SIGTSTP)
        stop();
    else if (info.ssi_signo != SIGCONT && info.ssi_signo != SIGWINCH)
        return TOP_TERMINAL_END;
    start_anew();
    return TOP_TERMINAL_REDRAW;
}

static int key_of(int code)
{
    static const struct {
        int code;
        int key;
    } keys[] = {
        {KEY_UP, TOP_KEY_UP},           {KEY_DOWN, TOP_KEY_DOWN},  {KEY_PPAGE, TOP_KEY_PAGE_UP},
        {KEY_NPAGE, TOP_KEY_PAGE_DOWN}, {KEY_HOME, TOP_KEY_HOME},  {KEY_END, TOP_KEY_END},
        {KEY_FIND, TOP_KEY_HOME},       {KEY_SELECT, TOP_KEY_END}, {KEY_BACKSPACE, TOP_KEY_BACKSPACE},
        {'\b', TOP_KEY_BACKSPACE},      {0x7f, TOP_KEY_BACKSPACE}, {KEY_BTAB, TOP_KEY_BACK_TAB},
        {KEY_ENTER, TOP_KEY_ENTER},     {'\r', TOP_KEY_ENTER},
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].code == code)
            return keys[i].key;
    return code >= KEY_F(1) && code <= KEY_F(12) ? TOP_KEY_F1 + code - KEY_F(1) : code;
}

/* Without this, a terminal that is gone would be readable for ever. */
static bool is_gone(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

enum top_terminal_event top_terminal_next(struct top_terminal *terminal, int *key)
{
    enum top_terminal_event event = take_signal(terminal);

    if (event != TOP_TERMINAL_NOTHING)
        return event;
    int code = wgetch(stdscr);
    if (code == ERR)
        return is_gone() ? TOP_TERMINAL_END : TOP_TERMINAL_NOTHING;
    *key = key_of(code);
    return TOP_TERMINAL_KEY;
}

/* ---- drawing ---- */

void top_terminal_size(unsigned *columns, unsigned *rows)
{
    *columns = (unsigned)getmaxx(stdscr);
    *rows = (unsigned)getmaxy(stdscr);
}

static wchar_t character(const struct top_terminal *terminal, uint8_t glyph)
{
    static const char bars[TOP_BARS + 1] = "_.:-=+*#";

    if (glyph < TOP_GLYPH_BAR)
        return glyph;
    unsigned bar = (glyph - TOP_GLYPH_BAR) % TOP_BARS;
    return terminal->is_utf8 ? (wchar_t)(0x2581 + bar) : (wchar_t)bars[bar]; /* lower one eighth block, ... */
}

/* Cells of the same style at a time. */
static void draw_row(const struct top_terminal *terminal, const struct top_screen *screen, unsigned row)
{
    const struct top_cell *cells = screen->cells[row];
    wchar_t text[TOP_SCREEN_COLUMNS_MAX + 1];
    unsigned end = 0;

    for (unsigned begin = 0; begin < screen->columns; begin = end) {
        for (end = begin; end < screen->columns && cells[end].style == cells[begin].style; end++)
            text[end - begin] = character(terminal, cells[end].glyph);
        (void)wattrset(stdscr, (int)terminal->styles[cells[begin].style]);
        (void)mvaddnwstr((int)row, (int)begin, text, (int)(end - begin));
    }
}

void top_terminal_draw(const struct top_terminal *terminal, const struct top_screen *screen)
{
    (void)werase(stdscr);
    for (unsigned row = 0; row < screen->rows; row++)
        draw_row(terminal, screen, row);
    (void)wrefresh(stdscr);
}
