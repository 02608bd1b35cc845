#include "common/flags.h"

#include "common/error_text.h"
#include "common/flags_list.h"
#include "common/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    const struct flags *flags;
    const struct argp *argp;
    int read; /* words of argv that were accepted */
    int result;
    char *error;
    size_t error_size;
};

#define fail(run, ...) error_text_set((run)->error, (run)->error_size, -EINVAL, __VA_ARGS__)

static void show_help(const struct run *run, unsigned form)
{
    char program[64]; /* argp_help() needs it writable */

    (void)snprintf(program, sizeof program, "%s", run->flags->program);
    argp_help(run->argp, stdout, form, program);
    exit(EXIT_SUCCESS);
}

static void show_list(const struct run *run)
{
    flags_list(run->flags, stdout);
    exit(EXIT_SUCCESS);
}

static void show_version(const struct run *run)
{
    (void)printf("%s " HEADROOM_VERSION "\n", run->flags->program);
    exit(EXIT_SUCCESS);
}

struct match {
    const struct argp_option *option; /* the last one that fits */
    unsigned count;
    const char *nearest; /* the name that was probably meant, or NULL */
};

/* The options that a word of argv may stand for: argp accepts a name cut short as long as it is unambiguous. */
static struct match find_options(const struct argp_option *options, const char *word)
{
    struct match match = {0};
    char written[64];

    const char *name = word + strspn(word, "-");
    (void)snprintf(written, sizeof written, "%.*s", (int)strcspn(name, "="), name);
    for (const struct argp_option *option = options; option->name != NULL || option->doc != NULL; option++) {
        if (option->name == NULL || (option->flags & (OPTION_DOC | OPTION_HIDDEN)) != 0)
            continue; /* a heading, or the name of a command */
        match.nearest = parse_nearer(written, match.nearest, option->name);
        if (word[1] != '-' || strncmp(option->name, written, strlen(written)) != 0)
            continue;
        match.option = option;
        match.count++;
        if (strcmp(option->name, written) == 0) {
            match.count = 1; /* written in full, even if other names begin with it */
            break;
        }
    }
    return match;
}

/* Why argp rejected the word. argp does not report it, but there are few reasons. */
static void explain(const struct run *run, const char *word)
{
    struct match match = find_options(run->flags->options, word);

    if (match.count > 1)
        (void)fail(run, "%s is ambiguous; write the flag in full", word);
    else if (match.count == 1 && match.option->arg != NULL)
        (void)fail(run, "--%s needs a value, %s; see --help", match.option->name, match.option->arg);
    else if (match.count == 1)
        (void)fail(run, "--%s takes no value", match.option->name);
    else if (match.nearest != NULL)
        (void)fail(run, "unknown flag %s; did you mean --%s?", word, match.nearest);
    else
        (void)fail(run, "unknown flag %s; see --help", word);
}

static int take_operand(const struct run *run, const char *value)
{
    if (run->flags->on_operand == NULL)
        return fail(run, "unexpected argument \"%s\"; see --help", value);
    return run->flags->on_operand(0, value, run->flags->arg);
}

static error_t on_key(int key, char *value, struct argp_state *state)
{
    struct run *run = state->input;
    int rc = 0;

    switch (key) {
    case 'h':
        show_help(run, ARGP_HELP_STD_HELP);
        break;
    case FLAG_USAGE:
        show_help(run, ARGP_HELP_USAGE);
        break;
    case FLAG_LIST:
        show_list(run);
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

    /* in order: argv is not permuted and can be read again */
    int rc = argp_parse(&argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_ERRS | ARGP_NO_EXIT | ARGP_NO_HELP, NULL, &run);
    if (rc == ENOMEM)
        (void)error_text_set(error, error_size, -ENOMEM, "out of memory");
    return run.result != 0 ? run.result : -rc;
}
