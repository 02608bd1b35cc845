/* Pure. How a command reaches the collector's HTTP server: the flags that all commands have which read, and their
 * variables of the environment. */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include "common/flags.h"

#include <stdbool.h>
#include <stddef.h>

#define REACH_URL "http://127.0.0.1:7421"

/* The keys of these flags; those of a command's own flags begin at REACH_OWN. */
enum { REACH_COLLECTOR = FLAG_OWN, REACH_TOKEN_FILE, REACH_CA_FILE, REACH_OWN };

/* Rows of a command's table of options. */
#define REACH_FLAGS                                                                                                    \
    {.name = "collector",                                                                                              \
     .key = REACH_COLLECTOR,                                                                                           \
     .arg = "URL",                                                                                                     \
     .doc = "The collector's HTTP server (default: HEADROOM_COLLECTOR_URL from the environment, or " REACH_URL ")"},   \
        {.name = "token-file",                                                                                         \
         .key = REACH_TOKEN_FILE,                                                                                      \
         .arg = "FILE",                                                                                                \
         .doc = "File with the token that the server asks for (default: HEADROOM_TOKEN_FILE from the environment)"},   \
    {                                                                                                                  \
        .name = "ca-file", .key = REACH_CA_FILE, .arg = "FILE",                                                        \
        .doc = "CAs of the server's certificate, for https (default: HEADROOM_CA_FILE from the environment, or those " \
               "of the system)"                                                                                        \
    }

struct reach {
    const char *collector;  /* http://HOST:PORT or https://HOST:PORT, with or without a slash at the end */
    const char *token_file; /* NULL: none */
    const char *ca_file;    /* NULL: those of the system */
};

/* Sets what flags will override. Reads a variable by get, which is getenv() outside of tests. An empty one counts as
 * one that is not set. */
void reach_init(struct reach *reach, char *get(const char *name));

/* Whether the key is one of these flags; then the value is taken. */
bool reach_take(struct reach *reach, int key, const char *value);

/* 0, or -EINVAL with what to do in error. */
int reach_check(const struct reach *reach, char *error, size_t error_size);

#endif
