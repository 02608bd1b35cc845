/* Pure. The exit statuses of headroom, which docs/commands.md names. */
#ifndef CLI_EXIT_STATUS_H
#define CLI_EXIT_STATUS_H

/* Of the commands that order something. */
enum exit_status {
    EXIT_STATUS_DONE,
    EXIT_STATUS_REFUSED,    /* the command is refused, by the collector or for an invalid file, with the reason */
    EXIT_STATUS_USAGE,      /* the command line is not valid */
    EXIT_STATUS_UNREACHABLE /* the collector can't be reached, or has not answered: unknown whether it was done */
};

/* Of the commands that read, other than EXIT_STATUS_DONE. */
enum {
    EXIT_STATUS_ILL = 1,       /* headroom status: something is wrong */
    EXIT_STATUS_NOT_FOUND = 1, /* the collector does not know what the command line names */
    EXIT_STATUS_UNREAD = 2     /* the collector can't be reached, the command line is not valid, or the output can't be
                                  written */
};

#endif
