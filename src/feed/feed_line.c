#include "feed/feed_line.h"

#include "common/error_text.h"
#include "common/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BLANKS " \t"

/* ---- words ---- */

/* The next word, which is cut off; empty at the end of the text. */
static char *next_word(char **at)
{
    char *word = *at + strspn(*at, BLANKS);
    char *end = word + strcspn(word, BLANKS);

    *at = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return word;
}

/* The line as a 0-terminated text of printable ASCII, without blanks at its end. */
static void copy_text(const char *text, size_t len, char copy[FEED_LINE_MAX + 1])
{
    for (size_t i = 0; i < len; i++)
        copy[i] = (char)(text[i] == '\t' ? ' ' : text[i] == '\0' ? '?' : text[i]);
    while (len > 0 && (copy[len - 1] == ' ' || copy[len - 1] == '\r'))
        len--;
    copy[len] = '\0';
    parse_to_ascii(copy);
}

/* ---- signal NAME VALUE AGE_MS [nodes N] [floor N] ---- */

static void set_fault(struct feed_line *line, const char *rule, const char *word)
{
    line->kind = FEED_LINE_MISSING;
    (void)snprintf(line->sentence, sizeof line->sentence, "%s, got \"%.40s\"", rule, word);
}

static bool take_value(struct feed_line *line, const char *word)
{
    bool is_right = parse_number(word, strlen(word), &line->value) == 0 && line->value >= 0;

    if (!is_right)
        set_fault(line, "the value must be a number from 0", word);
    return is_right;
}

static bool take_age(struct feed_line *line, const char *word)
{
    unsigned age_ms = 0;
    bool is_right = parse_unsigned(word, &age_ms) == 0;

    if (!is_right)
        set_fault(line, "after the value must follow its age in whole milliseconds", word);
    line->age_ms = age_ms;
    return is_right;
}

static bool take_count(struct feed_line *line, const char *word, unsigned *count, bool *has)
{
    *has = parse_unsigned(word, count) == 0 && *count <= NODES_MAX;
    if (!*has)
        set_fault(line, "after nodes and floor must follow a number of nodes", word);
    return *has;
}

static bool take_option(struct feed_line *line, const char *word, char **at)
{
    if (strcmp(word, "nodes") == 0)
        return take_count(line, next_word(at), &line->nodes, &line->has_nodes);
    if (strcmp(word, "floor") == 0)
        return take_count(line, next_word(at), &line->floor, &line->has_floor);
    set_fault(line, "after the age only nodes N and floor N may follow", word);
    return false;
}

static void take_signal(struct feed_line *line, char *at)
{
    bool is_right = take_value(line, next_word(&at)) && take_age(line, next_word(&at));

    while (is_right && *at != '\0')
        is_right = take_option(line, next_word(&at), &at);
}

/* ---- missing NAME one sentence ---- */

static void take_missing(struct feed_line *line, const char *at)
{
    at += strspn(at, BLANKS);
    line->kind = FEED_LINE_MISSING;
    (void)snprintf(line->sentence, sizeof line->sentence, "%s", at[0] != '\0' ? at : "the program gives no reason");
}

/* ---- lines ---- */

int feed_line_parse(const char *text, size_t len, struct feed_line *line, char *error, size_t error_size)
{
    struct feed_line parsed = {.kind = FEED_LINE_OTHER};
    char copy[FEED_LINE_MAX + 1];
    char *at = copy;

    if (len > FEED_LINE_MAX)
        return error_text_set(error, error_size, -EINVAL, "a line has more than %u bytes", FEED_LINE_MAX);
    copy_text(text, len, copy);
    const char *verb = next_word(&at);
    bool is_signal = strcmp(verb, "signal") == 0;
    if (is_signal || strcmp(verb, "missing") == 0) {
        const char *name = next_word(&at);
        if (strlen(name) > SIGNAL_NAME_LEN_MAX || !parse_name_ok(name, strlen(name)))
            return error_text_set(error, error_size, -EINVAL,
                                  "after \"%s\" must follow the name of a signal, got \"%.40s\"", verb, name);
        memcpy(parsed.name, name, strlen(name) + 1);
        parsed.kind = FEED_LINE_SIGNAL;
        if (is_signal)
            take_signal(&parsed, at);
        else
            take_missing(&parsed, at);
    }
    *line = parsed;
    return 0;
}

static void put_count(char *text, size_t *len, const char *word, unsigned count)
{
    *len += (size_t)snprintf(text + *len, FEED_LINE_MAX + 1 - *len, " %s %u", word, count);
}

size_t feed_line_format(const struct feed_line *line, char text[FEED_LINE_MAX + 2])
{
    size_t len;

    if (line->kind == FEED_LINE_MISSING) {
        int whole = snprintf(text, FEED_LINE_MAX + 1, "missing %s %s", line->name, line->sentence);
        len = whole < (int)FEED_LINE_MAX ? (size_t)whole : FEED_LINE_MAX;
        text[len] = '\0';
        parse_to_ascii(text);
    } else {
        len = (size_t)snprintf(text, FEED_LINE_MAX + 1, "signal %s %.17g %lld", line->name, line->value,
                               (long long)line->age_ms);
        if (line->has_nodes)
            put_count(text, &len, "nodes", line->nodes);
        if (line->has_floor)
            put_count(text, &len, "floor", line->floor);
    }
    memcpy(text + len, "\n", 2);
    return len + 1;
}
