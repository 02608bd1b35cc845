/* Pure. The messages between the collector and its spawner: requests to start a program, and their answers.
 *
 * A request is one message of a SOCK_SEQPACKET socket, with the program's standard input, output and error:
 *
 *     +--------+------------+------------+--------------+--------------+
 *     | id (8) | number (4) | number (4) | arguments... | variables... |
 *     |        | arguments  | variables  |              |              |
 *     +--------+------------+------------+--------------+--------------+
 *
 * Each argument and variable ends with a 0. An answer is one message, too:
 *
 *     +--------+----------+-----------+
 *     | id (8) | kind (4) | value (4) |
 *     +--------+----------+-----------+
 *
 * Numbers are in the order of this machine. Both ends are the same program, so a message that is not as described is a
 * bug of ours. */
#ifndef COLLECTOR_SPAWN_SPAWN_MESSAGE_H
#define COLLECTOR_SPAWN_SPAWN_MESSAGE_H

#include "common/limits.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#define SPAWN_FILES         3U                  /* that come with a request */
#define SPAWN_ARGUMENTS_MAX (VICTIMS_MAX + 16U) /* of a program, with its name */
#define SPAWN_VARIABLES_MAX 8U                  /* that a request adds to the environment */
#define SPAWN_REQUEST_MAX   147456U             /* bytes: the names of VICTIMS_MAX nodes, a path, and more */
#define SPAWN_ANSWER_LEN    16U

/* The error of a program that can't be started because the spawner has ended. */
#define SPAWN_ERROR_LOST (-EOWNERDEAD)

/* Both lists end with NULL; the texts belong to the message. */
struct spawn_request {
    uint64_t id;
    char *arguments[SPAWN_ARGUMENTS_MAX + 1];
    char *variables[SPAWN_VARIABLES_MAX + 1];
};

enum spawn_answer_kind {
    SPAWN_STARTED = 1, /* value: the id of its process, which is the leader of its group, and runs the program next */
    SPAWN_NOT_STARTED, /* value: a negative errno; there is no process */
    SPAWN_NOT_RUN      /* after SPAWN_STARTED; the same, but the process has yet to end */
};

struct spawn_answer {
    uint64_t id; /* of the request */
    enum spawn_answer_kind kind;
    int value;
};

/* The length of a request with these arguments and variables, which end with NULL; -E2BIG: it is over a limit. */
int spawn_message_request_len(char *const *arguments, char *const *variables);

/* Writes it into a buffer of that length. */
void spawn_message_put_request(char *data, uint64_t id, char *const *arguments, char *const *variables);

/* 0 or -EBADMSG. */
int spawn_message_take_request(struct spawn_request *request, char *data, size_t len);

void spawn_message_put_answer(char data[SPAWN_ANSWER_LEN], const struct spawn_answer *answer);

/* 0 or -EBADMSG. */
int spawn_message_take_answer(struct spawn_answer *answer, const char *data, size_t len);

#endif
