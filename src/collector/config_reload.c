#include "collector/config_reload.h"

#include "collector/config/config_load.h"
#include "collector/config/config_warnings.h"
#include "common/error_text.h"
#include "common/log.h"

#include <errno.h>
#include <string.h>

static void config_reload_on_file(int rc, uint64_t hash, void *arg)
{
    struct config_reload *reload = arg;
    char before[CONFIG_WHY_MAX], why[CONFIG_WHY_MAX];

    config_in_force_why(&reload->in_force, before);
    config_in_force_look(&reload->in_force, rc, hash);
    config_in_force_why(&reload->in_force, why);
    if (strcmp(before, why) == 0)
        return;
    reload->cb(reload->arg);
    if (config_in_force_holds(&reload->in_force))
        log_info("the configuration file is in force again");
    else
        log_warning("the configuration file is not in force: %s", why);
}

static int load(const struct config_reload *reload, struct collector_config *fresh, char *error, size_t error_size)
{
    int rc = collector_config_load(fresh, reload->argc, reload->argv, error, error_size);

    if (rc < 0 || !reload->needs_key || fresh->keys.count > 0 || fresh->cert_file[0] != '\0')
        return rc;
    collector_config_deinit(fresh);
    return error_text_set(
        error, error_size, -EPERM,
        "without token-file or cert-file, agents on other machines would need no key; restart with insecure = on if "
        "that is intended");
}

bool config_reload_read(struct config_reload *reload)
{
    struct collector_config fresh;
    char error[512], fixed[CONFIG_NAMES_MAX];

    config_watch_restart(&reload->watch);
    if (load(reload, &fresh, error, sizeof error) < 0) {
        log_error("reload failed, the old configuration stays in effect: %s", error);
        config_in_force_refuse(&reload->in_force, error);
        return false;
    }
    if (collector_config_keep_fixed(reload->config, &fresh, fixed, sizeof fixed))
        log_warning("changes to these settings take effect at the next start: %s", fixed);
    collector_config_deinit(reload->config);
    *reload->config = fresh;
    config_in_force_read(&reload->in_force, reload->config, fixed);
    return true;
}

static void config_reload_on_warning(const char *text, void *arg)
{
    (void)arg;
    log_warning("%s", text);
}

void config_reload_done(const struct config_reload *reload)
{
    log_info("configuration reloaded");
    config_warnings_each(reload->config, config_reload_on_warning, NULL);
}

void config_reload_start(struct config_reload *reload, uv_loop_t *loop, struct collector_config *config, int argc,
                         char **argv, config_reload_cb *cb, void *arg)
{
    *reload = (struct config_reload){.config = config, .argc = argc, .argv = argv, .cb = cb, .arg = arg};
    config_in_force_read(&reload->in_force, config, "");
    config_watch_start(&reload->watch, loop, config->file, config_reload_on_file, reload);
}

void config_reload_close(struct config_reload *reload)
{
    config_watch_close(&reload->watch);
}
