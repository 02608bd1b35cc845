/* Pure. Whom certificates let in: the sentences with which the others are refused. */
#ifndef COLLECTOR_INTAKE_CERTIFICATE_RULES_H
#define COLLECTOR_INTAKE_CERTIFICATE_RULES_H

#include "collector/config/config.h"
#include "collector/intake/message_rules.h"
#include "tls/certificate_claim.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether a peer that has shown that certificate may speak for that node in that group. If not, refusal is the
 * reason. */
bool certificate_rules_ok(const struct certificate_claim *claim, const struct collector_config *config, int64_t wall_ms,
                          const char *group, const char *node, struct message_refusal *refusal);

/* Whether that peer may take over a node that another agent owns, in that group. A certificate that names the node may;
 * with node-name = any none does, so it must be one for that group. If not, refusal is the reason. */
bool certificate_rules_takes(const struct certificate_claim *claim, const struct collector_config *config,
                             const char *group, const char *node, struct message_refusal *refusal);

#endif
