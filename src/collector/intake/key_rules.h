/* Pure. Whom keys and certificates let in: the sentences with which the others are refused. */
#ifndef COLLECTOR_INTAKE_KEY_RULES_H
#define COLLECTOR_INTAKE_KEY_RULES_H

#include "collector/config/config.h"
#include "collector/intake/message_rules.h"
#include "tls/peer_claim.h"

#include <stdbool.h>
#include <stdint.h>

/* Why a handshake with that claim has failed, although both sides encrypt. The peer does not learn it. */
void key_rules_handshake(const struct key_claim *claim, struct message_refusal *refusal);

/* Why a peer that does not encrypt is refused by a collector with keys. */
void key_rules_plain(struct message_refusal *refusal);

/* Whether a peer with a proved claim may take over a node that another agent owns, in that group: the key of a group is
 * for new nodes and for those of the group, and so is a certificate that names no node. If not, refusal is the reason.
 */
bool key_rules_takes(const struct peer_claim *claim, const struct collector_config *config, const char *group,
                     const char *node, struct message_refusal *refusal);

/* Whether a peer with a proved claim may speak for that node in that group, also after keys and certificates were
 * changed. If not, refusal is the reason. config: for certificates. */
bool key_rules_ok(const struct peer_claim *claim, const struct collector_config *config, int64_t wall_ms,
                  const char *group, const char *node, struct message_refusal *refusal);

#endif
