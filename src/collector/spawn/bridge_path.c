#include "collector/spawn/bridge_path.h"

#include <string.h>
#include <unistd.h>

#define BRIDGE_NAME "headroom-bridge"

void bridge_path_find(char path[PATH_MAX])
{
    char mine[PATH_MAX] = "";
    ssize_t len = readlink("/proc/self/exe", mine, sizeof mine - sizeof BRIDGE_NAME);
    char *slash = len > 0 ? strrchr(mine, '/') : NULL;

    if (slash != NULL) {
        memcpy(slash + 1, BRIDGE_NAME, sizeof BRIDGE_NAME);
        if (access(mine, X_OK) == 0) {
            memcpy(path, mine, sizeof mine);
            return;
        }
    }
    memcpy(path, BRIDGE_NAME, sizeof BRIDGE_NAME);
}
