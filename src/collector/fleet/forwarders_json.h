/* Pure. Writes the forwarders as JSON: how far each one is behind, and where its rows are. */
#ifndef COLLECTOR_FLEET_FORWARDERS_JSON_H
#define COLLECTOR_FLEET_FORWARDERS_JSON_H

#include "common/writer.h"

#include <stdint.h>

struct forwarders;

/* An array with an object for each forwarder. */
void forwarders_json_put(struct writer *writer, const struct forwarders *forwarders, int64_t now_ms);

#endif
