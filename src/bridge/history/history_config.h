/* Pure. The settings of headroom-bridge history, one row each. */
#ifndef BRIDGE_HISTORY_HISTORY_CONFIG_H
#define BRIDGE_HISTORY_HISTORY_CONFIG_H

#include "common/setting.h"

#define HISTORY_SETTINGS(X)                                                                                            \
    X(url, PATH("URL"), "", FLAG_ONLY, 0, "url",                                                                       \
      "The engine's address, to which /api/v1/query_range is added, such as http://127.0.0.1:8428")                    \
    X(token_file, OPTIONAL_PATH("FILE"), "", FLAG_ONLY, 0, "token-file", "File with a bearer token")                   \
    X(ca_file, OPTIONAL_PATH("FILE"), "", FLAG_ONLY, 0, "ca-file",                                                     \
      "Certificates of the authorities that may have signed the engine's (default: those of the system)")

#define HISTORY_SETTING_COUNT (0 HISTORY_SETTINGS(SETTING_ONE))

struct history_config {
    HISTORY_SETTINGS(SETTING_MEMBER)
};

/* Sets what the flags in argv say. 0, or a negative errno with the reason in error. */
int history_config_parse(struct history_config *config, int argc, char **argv, char *error, size_t error_size);

#endif
