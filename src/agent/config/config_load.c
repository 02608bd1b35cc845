#include "agent/config/config_load.h"

#include "common/error_text.h"
#include "tls/certificate_set.h"
#include "tls/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* gethostname() is only needed without --node-id. */
static int complete(struct agent_config *config, char *error, size_t error_size)
{
    char host_name[256] = ""; /* longer than any host name of Linux */

    if (config->node_id[0] == '\0' && gethostname(host_name, sizeof host_name) != 0) {
        int rc = -errno;
        return error_text_set(error, error_size, rc, "can't read the host name: %s; name the node with --node-id",
                              strerror(-rc));
    }
    return agent_config_complete(config, host_name, error, error_size);
}

/* Finds what an operator has to correct. A disk that fails later does not stop the agent. */
static int check_spool(const char *path, char *error, size_t error_size)
{
    struct stat status;

    if (path[0] == '\0')
        return 0;
    int rc = stat(path, &status) < 0 ? -errno : 0;
    if (rc == -ENOENT || rc == -ENOTDIR || (rc == 0 && !S_ISDIR(status.st_mode)))
        return error_text_set(error, error_size, -EINVAL,
                              "--spool: \"%.80s\" is not a directory; create it, writable for the agent", path);
    if (rc == -EACCES || (access(path, W_OK | X_OK) < 0 && errno == EACCES))
        return error_text_set(error, error_size, -EINVAL,
                              "--spool: \"%.80s\" is not writable for the agent; give it to the agent's user", path);
    return 0;
}

static int read_key(struct agent_config *config, char *error, size_t error_size)
{
    char reason[PATH_MAX + 128];

    if (config->token_file[0] == '\0')
        return 0;
    int rc = key_file_read(config->token_file, &config->key, reason, sizeof reason);
    return rc == 0 ? 0 : error_text_set(error, error_size, rc, "--token-file: %s", reason);
}

/* An agent has a key or certificates: with both, it would be unclear what it demands of a collector. */
static const char *find_contradiction(const struct agent_config *config)
{
    bool by_ca = config->ca_file[0] != '\0' || config->ca_pin[0] != '\0';
    bool any = by_ca || config->cert_file[0] != '\0' || config->key_file[0] != '\0' || config->server_name[0] != '\0';

    if (any && config->token_file[0] != '\0')
        return "--token-file and certificates exclude each other; give one of them";
    if (any && !by_ca)
        return "--ca-file is missing: the CAs that sign the collector's certificate";
    if ((config->cert_file[0] == '\0') != (config->key_file[0] == '\0'))
        return "--cert-file and --key-file belong together; give both";
    return NULL;
}

/* The files are read to find what an operator has to correct; who uses them reads them again. */
static int check_certificates(const struct agent_config *config, char *error, size_t error_size)
{
    const char *contradiction = find_contradiction(config);
    struct certificate_paths paths;
    struct certificate_set set = {0};

    if (contradiction != NULL)
        return error_text_set(error, error_size, -EINVAL, "%s", contradiction);
    agent_config_certificates(config, &paths);
    if (!certificate_paths_any(&paths))
        return 0;
    int rc = certificate_set_read(&paths, CERTIFICATE_OF_CLIENT, &set, error, error_size);
    certificate_set_deinit(&set);
    return rc;
}

int agent_config_load(struct agent_config *config, int argc, char **argv, char *error, size_t error_size)
{
    struct agent_config loaded = agent_config_defaults;

    int rc = agent_config_parse(&loaded, argc, argv, error, error_size);
    if (rc == 0)
        rc = complete(&loaded, error, error_size);
    if (rc == 0)
        rc = check_spool(loaded.spool, error, error_size);
    if (rc == 0)
        rc = read_key(&loaded, error, error_size);
    if (rc == 0)
        rc = check_certificates(&loaded, error, error_size);
    if (rc == 0)
        *config = loaded;
    return rc;
}
