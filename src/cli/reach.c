#include "cli/reach.h"

#include "common/error_text.h"

#include <errno.h>
#include <string.h>

#define URL_LEN_MAX 512U

static const char *variable(char *get(const char *name), const char *name)
{
    const char *value = get(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

void reach_init(struct reach *reach, char *get(const char *name))
{
    reach->collector = variable(get, "HEADROOM_COLLECTOR_URL");
    reach->token_file = variable(get, "HEADROOM_TOKEN_FILE");
    reach->ca_file = variable(get, "HEADROOM_CA_FILE");
    if (reach->collector == NULL)
        reach->collector = REACH_URL;
}

bool reach_take(struct reach *reach, int key, const char *value)
{
    if (key == REACH_COLLECTOR)
        reach->collector = value;
    else if (key == REACH_TOKEN_FILE)
        reach->token_file = value;
    else if (key == REACH_CA_FILE)
        reach->ca_file = value;
    else
        return false;
    return true;
}

/* What follows http:// or https://, or NULL. */
static const char *host_of(const char *url)
{
    if (strncmp(url, "http://", 7) == 0)
        return url + 7;
    return strncmp(url, "https://", 8) == 0 ? url + 8 : NULL;
}

int reach_check(const struct reach *reach, char *error, size_t error_size)
{
    const char *host = host_of(reach->collector);
    size_t len = host != NULL ? strcspn(host, "/") : 0;

    /* a user, a path or a query would be silently left out, or sent with each request */
    if (len == 0 || strlen(reach->collector) > URL_LEN_MAX || strpbrk(host, "@?# ") != NULL ||
        (host[len] == '/' && host[len + 1] != '\0'))
        return error_text_set(error, error_size, -EINVAL,
                              "--collector must be a URL such as https://collector.example:7421, got \"%.80s\"",
                              reach->collector);
    return 0;
}
