#include "common/secret_warning.h"

#include "common/log.h"
#include "common/secret_file.h"

#include <string.h>

void secret_warning_look(struct secret_warning *warning, const char *path)
{
    warning->found[0] = '\0';
    if (path[0] != '\0')
        (void)secret_file_warn(path, warning->found, sizeof warning->found);
}

void secret_warning_log(struct secret_warning *warning, const char *setting)
{
    if (strcmp(warning->found, warning->logged) == 0)
        return;
    memcpy(warning->logged, warning->found, sizeof warning->logged);
    if (warning->found[0] != '\0')
        log_warning("%s: %s", setting, warning->found);
}
