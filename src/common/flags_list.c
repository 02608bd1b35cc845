#include "common/flags_list.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Prints the first len bytes, a record for each line. */
static void list_lines(const char *record, const char *text, size_t len, FILE *out)
{
    const char *end = text + len;

    while (text < end) {
        size_t line = strcspn(text, "\n\v");
        if (line > (size_t)(end - text))
            line = (size_t)(end - text);
        (void)fprintf(out, "%s\t%.*s\n", record, (int)line, text);
        text += line + 1;
    }
}

static void list_command(const struct argp_option *option, FILE *out)
{
    size_t len = strcspn(option->name, " ");
    const char *operands = option->name + len;

    (void)fprintf(out, "command\t%.*s\t%s\t%s\n", (int)len, option->name, operands + strspn(operands, " "),
                  option->doc);
}

static void list_flag(const struct flags *flags, const struct argp_option *option, FILE *out)
{
    char *help = flags->help != NULL ? flags->help(option->key, option->doc, NULL) : NULL;
    bool optional = (option->flags & OPTION_ARG_OPTIONAL) != 0;
    char letter[2] = "";

    if (option->key < FLAG_USAGE && isalnum(option->key))
        (void)snprintf(letter, sizeof letter, "%c", option->key);
    (void)fprintf(out, "flag\t%s\t%s\t%s%s%s\t%s\n", option->name, letter, optional ? "[" : "",
                  option->arg != NULL ? option->arg : "", optional ? "]" : "", help != NULL ? help : option->doc);
    if (help != option->doc)
        free(help);
}

static void list_option(const struct flags *flags, const struct argp_option *option, FILE *out)
{
    if ((option->flags & OPTION_HIDDEN) != 0)
        return;
    if (option->name == NULL)
        (void)fprintf(out, "heading\t%s\n", option->doc);
    else if ((option->flags & OPTION_DOC) != 0)
        list_command(option, out);
    else
        list_flag(flags, option, out);
}

static bool is_last(const struct argp_option *option)
{
    return option->name == NULL && option->doc == NULL;
}

/* The group of an option, of which argp shows 0 first and -1 last. 0 in the table stands for that of the option above
 * it; a heading begins the next one. */
static int group_of(const struct argp_option *option, int above)
{
    if (option->group != 0)
        return option->group;
    return option->name == NULL ? above + 1 : above;
}

/* Sets *group to the one that is shown next, at the beginning to the first one. As unsigned numbers, negative groups
 * are the last ones. Returns false if there is none. */
static bool find_next_group(const struct argp_option *options, unsigned *group, bool begin)
{
    unsigned next = 0;
    bool found = false;
    int above = 0;

    for (const struct argp_option *option = options; !is_last(option); option++) {
        above = group_of(option, above);
        if ((begin || (unsigned)above > *group) && (!found || (unsigned)above < next)) {
            next = (unsigned)above;
            found = true;
        }
    }
    *group = next;
    return found;
}

static void list_group(const struct flags *flags, unsigned group, FILE *out)
{
    int above = 0;

    for (const struct argp_option *option = flags->options; !is_last(option); option++) {
        above = group_of(option, above);
        if ((unsigned)above == group)
            list_option(flags, option, out);
    }
}

void flags_list(const struct flags *flags, FILE *out)
{
    size_t above = strcspn(flags->about, "\v");
    unsigned group;

    (void)fprintf(out, "program\t%s\n", flags->program);
    list_lines("about", flags->about, above, out);
    if (flags->operands != NULL)
        (void)fprintf(out, "operands\t%s\n", flags->operands);
    for (bool more = find_next_group(flags->options, &group, true); more;
         more = find_next_group(flags->options, &group, false))
        list_group(flags, group, out);
    if (flags->about[above] == '\v')
        list_lines("after", flags->about + above + 1, strlen(flags->about + above + 1), out);
}
