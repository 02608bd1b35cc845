/* Pure. The exit statuses of headroom, which docs/commands.md names. */
#ifndef CLI_EXIT_STATUS_H
#define CLI_EXIT_STATUS_H

enum exit_status {
    EXIT_STATUS_DONE,
    EXIT_STATUS_REFUSED,    /* the command is refused, by the collector or for an invalid file, with the reason */
    EXIT_STATUS_USAGE,      /* the command line is not valid */
    EXIT_STATUS_UNREACHABLE /* the collector can't be reached, or has not answered: unknown whether it was done */
};

#endif
