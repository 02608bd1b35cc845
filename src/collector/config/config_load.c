#include "collector/config/config_load.h"

#include "collector/config/config_flags.h"
#include "common/error_text.h"
#include "common/hash.h"
#include "common/token_file.h"
#include "tls/certificate_set.h"
#include "tls/https_credentials.h"
#include "tls/key_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_lines(struct config_draft *draft, FILE *file)
{
    uint64_t *hash = &draft->config.file_hash;
    char line[CONFIG_LINE_MAX];
    int rc = 0;

    while (rc == 0 && fgets(line, sizeof line, file) != NULL) {
        *hash = hash_fnv1a(*hash, line, strlen(line)); /* a line with a zero byte is an error */
        rc = config_draft_read_line(draft, line, strchr(line, '\n') != NULL || feof(file));
    }
    return rc;
}

int collector_config_load_hash(const char *path, uint64_t *hash)
{
    char block[CONFIG_LINE_MAX];
    uint64_t sum = hash_fnv1a_begin();
    size_t len;

    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -errno;
    while ((len = fread(block, 1, sizeof block, file)) > 0)
        sum = hash_fnv1a(sum, block, len);
    int rc = ferror(file) ? -errno : 0;
    (void)fclose(file);
    if (rc == 0)
        *hash = sum;
    return rc;
}

static int read_file(struct config_draft *draft)
{
    const char *path = draft->config.file;

    draft->config.file_hash = hash_fnv1a_begin();
    if (path[0] == '\0')
        return 0;
    FILE *file = fopen(path, "re");
    int rc = file != NULL ? read_lines(draft, file) : 0;
    if (file == NULL || ferror(file)) {
        rc = -errno;
        (void)error_text_set(draft->error, draft->error_size, rc, "can't read %s: %s", path, strerror(-rc));
    }
    if (file != NULL)
        (void)fclose(file);
    return rc;
}

static int read_token(struct config_draft *draft, const char *name, const char *path, char *token)
{
    char reason[CONFIG_REASON_MAX];

    if (path[0] == '\0')
        return 0;
    int rc = token_file_read(path, token, reason, sizeof reason);
    return rc == 0 ? 0 : config_draft_fail_at(draft, name, rc, reason);
}

static int read_keys(struct config_draft *draft)
{
    struct collector_config *config = &draft->config;
    char reason[CONFIG_REASON_MAX];

    if (config->token_file[0] != '\0') {
        int rc = key_file_read_secrets(config->token_file, &config->keys, reason, sizeof reason);
        if (rc < 0)
            return config_draft_fail_at(draft, "token-file", rc, reason);
    }
    if (config->revoked_file[0] == '\0')
        return 0;
    int rc = key_file_read_revoked(config->revoked_file, &config->keys, reason, sizeof reason);
    return rc == 0 ? 0 : config_draft_fail_at(draft, "revoked-file", rc, reason);
}

/* The server reads them again when it starts, and whenever they change. */
static int check_https(struct config_draft *draft)
{
    const struct collector_config *config = &draft->config;
    const struct https_paths paths = {config->http_cert_file, config->http_key_file, config->http_ca_file};
    struct https_credentials *credentials = NULL;
    char reason[CONFIG_REASON_MAX];

    if (paths.cert[0] == '\0')
        return 0;
    int rc = https_credentials_read(&paths, &credentials, reason, sizeof reason);
    https_credentials_release(credentials);
    return rc == 0 ? 0 : config_draft_fail_at(draft, "http-cert-file", rc, reason);
}

/* They are read to find out whether they fit; who uses them reads them again. */
static int check_certificates(struct config_draft *draft)
{
    struct certificate_set set = {0};
    struct certificate_paths paths;
    char reason[CONFIG_REASON_MAX];

    collector_config_certificates(&draft->config, &paths);
    if (!certificate_paths_any(&paths))
        return 0;
    int rc = certificate_set_read(&paths, CERTIFICATE_OF_SERVER, &set, reason, sizeof reason);
    certificate_set_deinit(&set);
    return rc == 0 ? 0 : config_draft_fail_at(draft, "cert-file", rc, reason);
}

/* Whether the path is that of a program which this process may run. */
static int explain_program(const char *path, char *reason, size_t size)
{
    struct stat status;

    if (strchr(path, '/') == NULL)
        return error_text_set(reason, size, -EINVAL, "\"%.80s\" has no directory; write the path of the program", path);
    if (stat(path, &status) < 0) {
        int rc = -errno;
        return error_text_set(reason, size, rc, "can't find %s: %s", path, strerror(-rc));
    }
    if (!S_ISREG(status.st_mode) || access(path, X_OK) < 0)
        return error_text_set(reason, size, -EACCES,
                              "%s is not a program that the collector may run; chmod +x, or correct the path", path);
    return 0;
}

static int check_program(struct config_draft *draft, const char *name, const char *path)
{
    char reason[CONFIG_REASON_MAX];

    if (path[0] == '\0')
        return 0;
    int rc = explain_program(path, reason, sizeof reason);
    return rc == 0 ? 0 : config_draft_fail_at(draft, name, rc, reason);
}

/* Without the arguments. */
static int check_signal_programs(struct config_draft *draft)
{
    const struct collector_config *config = &draft->config;
    char path[SIGNAL_PROGRAM_MAX + 1], reason[CONFIG_REASON_MAX];

    for (unsigned i = 0; i < config->signal_count; i++) {
        const struct signal_settings *signal = &config->signals[i];
        if (signal->program[0] == '\0')
            continue;
        size_t len = strcspn(signal->program, " ");
        memcpy(path, signal->program, len);
        path[len] = '\0';
        int rc = explain_program(path, reason, sizeof reason);
        if (rc < 0)
            return error_text_set(draft->error, draft->error_size, rc, "%s: [signal %s]: program: %s", config->file,
                                  signal->name, reason);
    }
    return 0;
}

static int check_programs(struct config_draft *draft)
{
    const struct collector_config *config = &draft->config;
    char reason[CONFIG_REASON_MAX];
    int rc = check_program(draft, "on-scale", config->on_scale);

    if (rc == 0)
        rc = check_program(draft, "on-alert", config->on_alert);
    if (rc == 0)
        rc = check_program(draft, "count", config->count);
    for (unsigned g = 0; rc == 0 && g < config->group_count; g++) {
        const struct group_config *group = &config->groups[g];
        if (group->count[0] == '\0' || strcmp(group->count, config->count) == 0)
            continue;
        rc = explain_program(group->count, reason, sizeof reason);
        if (rc < 0)
            (void)error_text_set(draft->error, draft->error_size, rc, "%s: [group %s]: count: %s", config->file,
                                 group->name, reason);
    }
    return rc;
}

/* ---- time zones ---- */

#define ZONES_DIR  "/usr/share/zoneinfo/"
#define ZONE_LOCAL "/etc/localtime"

/* Returns the length, or a negative errno. */
static ssize_t read_zone_file(const char *path, uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return -errno;
    size_t len = fread(data, 1, size, file);
    int rc = ferror(file) ? -EIO : 0;
    (void)fclose(file);
    return rc < 0 ? rc : (ssize_t)len;
}

/* UTC needs no file, and neither does a machine without a zone. */
static int load_zone(struct schedule *schedule)
{
    static const char *const without_file[] = {"UTC", "Etc/UTC"};
    bool is_local = strcmp(schedule->zone_name, SCHEDULE_ZONE_LOCAL) == 0;
    char path[sizeof ZONES_DIR + SCHEDULE_ZONE_MAX];

    for (size_t i = 0; i < sizeof without_file / sizeof *without_file; i++)
        if (strcmp(schedule->zone_name, without_file[i]) == 0)
            return 0;
    (void)snprintf(path, sizeof path, "%s%s", is_local ? ZONE_LOCAL : ZONES_DIR, is_local ? "" : schedule->zone_name);
    uint8_t *data = malloc(TIME_ZONE_FILE_MAX);
    if (data == NULL)
        return -ENOMEM;
    ssize_t len = read_zone_file(path, data, TIME_ZONE_FILE_MAX);
    int rc = len < 0 ? (int)len : time_zone_parse(&schedule->zone, data, (size_t)len);
    free(data);
    return is_local && rc == -ENOENT ? 0 : rc;
}

static int load_zones(struct config_draft *draft)
{
    struct collector_config *config = &draft->config;

    for (unsigned i = 0; i < config->schedule_count; i++) {
        struct schedule *schedule = &config->schedules[i];
        int rc = load_zone(schedule);
        if (rc < 0)
            return error_text_set(draft->error, draft->error_size, rc,
                                  "%s: [schedule %s]: zone: can't read the time zone \"%s\": %s; write local, UTC or "
                                  "a name such as Europe/Berlin, and install tzdata",
                                  config->file, schedule->name, schedule->zone_name,
                                  rc == -EINVAL ? "it is not a TZif file" : strerror(-rc));
    }
    return 0;
}

static int look_outside(struct config_draft *draft)
{
    struct collector_config *config = &draft->config;
    int rc = read_keys(draft);

    if (rc == 0)
        rc = check_certificates(draft);
    if (rc == 0)
        rc = read_token(draft, "http-token-file", config->http_token_file, config->http_token);
    if (rc == 0)
        rc = check_https(draft);
    if (rc == 0)
        rc = load_zones(draft);
    if (rc == 0)
        rc = check_programs(draft);
    return rc == 0 ? check_signal_programs(draft) : rc;
}

static int load(struct collector_config *config, int argc, char **argv, bool outside, char *error, size_t error_size)
{
    struct config_draft draft;

    config_draft_init(&draft, error, error_size);
    int rc = config_flags_take_state_directory(&draft, getenv("STATE_DIRECTORY"));
    if (rc == 0)
        rc = config_flags_take_runtime_directory(&draft, getenv("RUNTIME_DIRECTORY"));
    if (rc == 0)
        rc = config_flags_read(&draft, argc, argv);
    if (rc == 0)
        rc = read_file(&draft);
    if (rc == 0)
        rc = config_draft_complete(&draft);
    if (rc == 0 && outside)
        rc = look_outside(&draft);
    config_draft_deinit(&draft);
    if (rc == 0)
        *config = draft.config;
    else
        collector_config_deinit(&draft.config);
    return rc;
}

int collector_config_load(struct collector_config *config, int argc, char **argv, char *error, size_t error_size)
{
    return load(config, argc, argv, true, error, error_size);
}

int collector_config_load_settings(struct collector_config *config, int argc, char **argv, char *error,
                                   size_t error_size)
{
    return load(config, argc, argv, false, error, error_size);
}
