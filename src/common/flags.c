#include "common/flags.h"

#include "common/error_text.h"
#include "common/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    const struct flags *flags;
    const struct argp *argp;
    int read; /* words of argv that were understood */
    int result;
    char *error;
    size_t error_size;
};

static void show_help(const struct run *run, unsigned form)
{
    char program[64]; /* argp_help() wants it writable */
    (void)snprintf(program, sizeof program, "%s", run->flags->program);
    argp_help(run->argp, stdout, form, program);
    exit(EXIT_SUCCESS);
}

static void show_version(const struct run *run)
{
    (void)printf("%s " HEADROOM_VERSION "\n", run->flags->program);
    exit(EXIT_SUCCESS);
}

/* Says why argp didn't take the word. It doesn't tell itself, but there are few reasons. A flag may be cut short as far
 * as it stays clear. */
static void explain(const struct run *run, const char *word)
{
    const struct argp_option *found = NULL;
    const char *nearest = NULL;
    unsigned matches = 0;
    char written[64];

    const char *name = word + strspn(word, "-");
    (void)snprintf(written, sizeof written, "%.*s", (int)strcspn(name, "="), name);
    for (const struct argp_option *option = run->flags->options; option->name || option->doc; option++) {
        if (!option->name)
            continue; /* a heading */
        nearest = parse_nearer(written, nearest, option->name);
        if (word[1] != '-' || strncmp(option->name, written, strlen(written)) != 0)
            continue;
        found = option;
        matches++;
        if (strcmp(option->name, written) == 0) {
            matches = 1; /* in full, even where it begins another name */
            break;
        }
    }

    if (matches > 1)
        (void)snprintf(run->error, run->error_size, "%s may mean several flags; write it in full", word);
    else if (matches == 1 && found->arg)
        (void)snprintf(run->error, run->error_size, "--%s needs a value, %s; see --help", found->name, found->arg);
    else if (matches == 1)
        (void)snprintf(run->error, run->error_size, "--%s takes no value", found->name);
    else if (nearest)
        (void)snprintf(run->error, run->error_size, "unknown flag %s; did you mean --%s?", word, nearest);
    else
        (void)snprintf(run->error, run->error_size, "unknown flag %s; see --help", word);
}

static int take_operand(const struct run *run, const char *value)
{
    if (run->flags->on_operand)
        return run->flags->on_operand(0, value, run->flags->arg);
    (void)snprintf(run->error, run->error_size, "unexpected argument \"%s\"; see --help", value);
    return -EINVAL;
}

static error_t on_key(int key, char *value, struct argp_state *state)
{
    struct run *run = state->input;
    int rc = 0;

    switch (key) {
    case '?':
        show_help(run, ARGP_HELP_STD_HELP);
        break;
    case FLAG_USAGE:
        show_help(run, ARGP_HELP_USAGE);
        break;
    case 'V':
        show_version(run);
        break;
    case ARGP_KEY_ARG:
        rc = take_operand(run, value);
        break;
    case ARGP_KEY_ERROR:
        if (run->result == 0 && run->read < state->argc)
            explain(run, state->argv[run->read]);
        break;
    default:
        if (key < FLAG_OWN || key >= ARGP_KEY_END)
            return ARGP_ERR_UNKNOWN;
        rc = run->flags->on_flag(key, value, run->flags->arg);
    }
    if (rc != 0) {
        run->result = rc;
        return EINVAL; /* ends argp_parse() */
    }
    run->read = state->next;
    return 0;
}

int flags_parse(const struct flags *flags, int argc, char **argv, char *error, size_t error_size)
{
    struct argp argp = {.options = flags->options,
                        .parser = on_key,
                        .args_doc = flags->operands,
                        .doc = flags->about,
                        .help_filter = flags->help};
    struct run run = {.flags = flags, .argp = &argp, .read = 1, .error = error, .error_size = error_size};

    /* in order, so that argv stays as it is and can be read again */
    int rc = argp_parse(&argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_ERRS | ARGP_NO_EXIT | ARGP_NO_HELP, NULL, &run);
    if (rc == ENOMEM)
        (void)snprintf(error, error_size, "out of memory");
    return run.result != 0 ? run.result : -rc;
}
