#include "cli/key_command.h"

#include "cli/exit_status.h"
#include "common/error_text.h"
#include "common/flags.h"
#include "common/parse.h"
#include "common/secret_file.h"
#include "tls/key_derive.h"
#include "tls/key_file.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_FILE "/etc/headroom/token"

enum { KEY_NEW = FLAG_OWN, KEY_GROUP, KEY_NODE, KEY_TOKEN_FILE };

struct request {
    bool fresh;
    const char *group; /* NULL: any */
    const char *node;  /* NULL: any */
    const char *token_file;
    char error[512];
};

/* ---- the command line ---- */

static int on_flag(int key, const char *value, void *arg)
{
    struct request *request = arg;

    if (key == KEY_NEW)
        request->fresh = true;
    else if (key == KEY_TOKEN_FILE)
        request->token_file = value;
    else if (!parse_name_ok(value, strlen(value)))
        return error_text_set(request->error, sizeof request->error, -EINVAL,
                              "\"%.80s\" is no name: it must have up to 128 letters, digits, dots, underscores and "
                              "hyphens, and begin with a letter or digit",
                              value);
    else if (key == KEY_GROUP)
        request->group = value;
    else
        request->node = value;
    return 0;
}

static int parse(struct request *request, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {.name = "new", .key = KEY_NEW, .doc = "Make a new key for the whole fleet"},
        {.name = "group", .key = KEY_GROUP, .arg = "NAME", .doc = "Make the key for all nodes of this group"},
        {.name = "node",
         .key = KEY_NODE,
         .arg = "NAME",
         .doc = "Make the key for this node; with --group, in that group only"},
        {.name = "token-file",
         .key = KEY_TOKEN_FILE,
         .arg = "FILE",
         .doc = "File with the fleet's key (default: " TOKEN_FILE ")"},
        FLAGS_STANDARD,
        {0}};
    const struct flags flags = {
        .program = "headroom key",
        .about = "Makes keys, with which agents and the collector authenticate each other and encrypt their "
                 "connections, and prints them.\vA key belongs in a file that only the programs can read: umask 077; "
                 "headroom key --new > token",
        .options = options,
        .on_flag = on_flag,
        .arg = request};

    int rc = flags_parse(&flags, argc, argv, request->error, sizeof request->error);
    bool derives = request->group != NULL || request->node != NULL;
    if (rc == 0 && request->fresh == derives)
        return error_text_set(request->error, sizeof request->error, -EINVAL,
                              "give --new for the fleet's key, or --group, --node or both for a key derived from it");
    return rc;
}

/* ---- keys ---- */

static int make_fresh(struct key_text *key)
{
    *key = (struct key_text){.fleet = true};
    return getrandom(key->bytes, KEY_LEN, 0) == (ssize_t)KEY_LEN ? 0 : -EIO;
}

static void warn_of_others(const char *path)
{
    char warning[PATH_MAX + 128];

    if (secret_file_warn(path, warning, sizeof warning))
        (void)fprintf(stderr, "headroom key: %s\n", warning);
}

static int derive(struct request *request, struct key_text *key)
{
    struct key_text fleet = {0};
    struct key_identity *identity = &key->identity;

    int rc = tls_library_load(request->error, sizeof request->error);
    if (rc == 0)
        rc = key_file_read(request->token_file, &fleet, request->error, sizeof request->error);
    if (rc < 0)
        return rc;
    warn_of_others(request->token_file);
    *key = (struct key_text){0};
    if (!fleet.fleet)
        return error_text_set(request->error, sizeof request->error, -EINVAL,
                              "%s holds the key of a group or node; only the fleet's key makes others",
                              request->token_file);
    (void)snprintf(identity->group, sizeof identity->group, "%s", request->group != NULL ? request->group : KEY_ANY);
    (void)snprintf(identity->node, sizeof identity->node, "%s", request->node != NULL ? request->node : KEY_ANY);
    rc = key_derive_epoch(fleet.bytes, identity->epoch);
    if (rc == 0 && !key_identity_ok(identity))
        return error_text_set(request->error, sizeof request->error, -EINVAL,
                              "the names of a key may have %u bytes in all", KEY_IDENTITY_NAMES_MAX);
    return rc == 0 ? key_derive(fleet.bytes, identity, key->bytes) : rc;
}

/* 0 or a negative errno. */
static int print(const struct key_text *key)
{
    char text[KEY_TEXT_MAX + 1];
    struct stat status;

    key_text_format(key, text);
    bool is_written = puts(text) >= 0 && fflush(stdout) == 0;
    int rc = is_written ? 0 : -errno;
    explicit_bzero(text, sizeof text);
    if (fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) != 0)
        (void)fputs("headroom key: every user can read the file that the key was written to; chmod o-r it\n", stderr);
    return rc;
}

int key_command(int argc, char **argv)
{
    struct request request = {.token_file = TOKEN_FILE};
    struct key_text key;

    if (parse(&request, argc, argv) != 0) {
        (void)fprintf(stderr, "headroom key: %s\n", request.error);
        return EXIT_STATUS_USAGE;
    }
    if ((request.fresh ? make_fresh(&key) : derive(&request, &key)) < 0) {
        (void)fprintf(stderr, "headroom key: %s\n", request.error[0] != '\0' ? request.error : "can't make a key");
        return EXIT_STATUS_REFUSED;
    }
    int rc = print(&key);
    explicit_bzero(&key, sizeof key);
    if (rc == 0)
        return EXIT_STATUS_DONE;
    (void)fprintf(stderr, "headroom key: can't write the key: %s\n", strerror(-rc));
    return EXIT_STATUS_REFUSED;
}
