/* What the commands that read have in common: the collector that they ask, and how they end. */
#ifndef CLI_READER_H
#define CLI_READER_H

#include "cli/api_client.h"
#include "cli/reach.h"
#include "cli/view.h"
#include "common/flags.h"

#include <stdbool.h>
#include <stddef.h>

/* The row of --json in the options of a command. */
#define READER_JSON_FLAG(flag_key)                                                                                     \
    {                                                                                                                  \
        .name = "json", .key = (flag_key), .doc = "Print JSON, as the collector's HTTP API has it"                     \
    }

struct reader {
    struct reach reach;
    struct api_client client;
    const char *program; /* "headroom status" */
    struct view view;    /* of the standard output; its time is that of the collector's clock once it has answered */
    char error[1024];
};

/* Takes the time and the terminal, for the callbacks of the command line. */
void reader_init(struct reader *reader, const char *program);

/* Parses the command line, of a command with REACH_FLAGS, and connects. Returns 0, or the exit status after an error
 * message; then there is nothing to close. */
int reader_open(struct reader *reader, const struct flags *flags, int argc, char **argv);

/* Returns the status, or that of an error, after a message, if not all that was printed could be written. */
int reader_close(struct reader *reader, int status);

/* Gets a document with an array of that name (NULL: none is needed), which the caller releases. The path is made as by
 * printf(). Returns 0 or the exit status, after an error message. */
__attribute__((format(printf, 4, 5))) int reader_get(struct reader *reader, const char *array, json_t **document,
                                                     const char *path, ...);

/* Prints a document as JSON. */
void reader_print_json(const json_t *document);

/* Prints the reason, and returns the exit status. */
__attribute__((format(printf, 3, 4))) int reader_fail(struct reader *reader, int status, const char *format, ...);

/* Prints that the collector knows no such group, and returns the exit status. */
int reader_fail_unknown(struct reader *reader, const char *group);

/* Takes an operand that is the name of the only group. 0, or -EINVAL with the reason in the reader's error. */
int reader_take_group(struct reader *reader, const char **group, const char *value);

#endif
