#include "hooktest/unit_properties.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* By the beginnings of their names. A directory would be given to the transient unit's user, and removed at its end. */
static bool is_own(const char *line)
{
    static const char *const own[] = {"Exec",     "Type=",   "Restart",           "Watchdog",       "Timeout",
                                      "Kill",     "Notify",  "SyslogIdentifier=", "StateDirectory", "RuntimeDirectory",
                                      "PIDFile=", "BusName="};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strncmp(line, own[i], strlen(own[i])) == 0)
            return true;
    return false;
}

static void trim(char **line)
{
    size_t len = strlen(*line);

    while (len > 0 && strchr(" \t\r", (*line)[len - 1]) != NULL)
        (*line)[--len] = '\0';
    *line += strspn(*line, " \t");
}

/* A backslash at the end of a line continues it. */
static void join_lines(char *text)
{
    for (char *at = text; (at = strstr(at, "\\\n")) != NULL;)
        at[0] = at[1] = ' ';
}

int unit_properties_read(char *text, char *properties[UNIT_PROPERTIES_MAX])
{
    bool is_service = false;
    int count = 0;
    char *rest = NULL;

    join_lines(text);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        trim(&line);
        if (line[0] == '[')
            is_service = strcmp(line, "[Service]") == 0;
        if (!is_service || strchr("[#;", line[0]) != NULL || strchr(line, '=') == NULL || is_own(line))
            continue;
        if (count == (int)UNIT_PROPERTIES_MAX)
            return -E2BIG;
        properties[count++] = line;
    }
    return count;
}

bool unit_properties_have(char *const *properties, int count, const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; i < count; i++)
        if (strncmp(properties[i], name, len) == 0 && properties[i][len] == '=')
            return true;
    return false;
}

int unit_properties_expand(const char *property, const char *credentials, char *text, size_t size)
{
    size_t used = 0;

    for (const char *at = property; *at != '\0'; at++) {
        bool is_credentials = at[0] == '%' && at[1] == 'd';
        const char *part = is_credentials ? credentials : at;
        size_t len = is_credentials ? strlen(credentials) : 1;
        if (used + len >= size)
            return -E2BIG;
        memcpy(text + used, part, len);
        used += len;
        if (at[0] == '%' && (at[1] == 'd' || at[1] == '%'))
            at++;
    }
    text[used] = '\0';
    return (int)used;
}
