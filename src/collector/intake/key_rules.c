#include "collector/intake/key_rules.h"

#include "collector/intake/certificate_rules.h"
#include "common/writer.h"

#include <string.h>

#define WHOSE_MAX (2U * NAME_LEN_MAX + 64)

/* Whom a key is made for, as in "node n1 in any group". */
static void write_whose(const struct key_identity *identity, char text[WHOSE_MAX])
{
    struct writer writer = {.text = text, .size = WHOSE_MAX};
    bool any_group = strcmp(identity->group, KEY_ANY) == 0;
    bool any_node = strcmp(identity->node, KEY_ANY) == 0;

    if (any_node && any_group)
        writer_print(&writer, "the whole fleet");
    else if (any_node)
        writer_print(&writer, "the nodes of group %s", identity->group);
    else if (any_group)
        writer_print(&writer, "node %s in any group", identity->node);
    else
        writer_print(&writer, "node %s in group %s", identity->node, identity->group);
}

void key_rules_handshake(const struct key_claim *claim, struct message_refusal *refusal)
{
    char whose[WHOSE_MAX];

    if (claim->verdict == KEY_MALFORMED) {
        REFUSE(refusal, RETRY_SLOWLY, KEY,
               "it has no key of this version, and no certificate that this collector asks for");
        return;
    }
    write_whose(&claim->identity, whose);
    if (claim->verdict == KEY_OTHER_SECRET)
        REFUSE(refusal, RETRY_SLOWLY, KEY,
               "its key is of another fleet, or of one that token-file no longer has (epoch %s, for %s)",
               claim->identity.epoch, whose);
    else if (claim->verdict == KEY_REVOKED)
        REFUSE(refusal, RETRY_SLOWLY, KEY, "the key for %s is revoked", whose);
    else
        REFUSE(refusal, RETRY_SLOWLY, KEY, "its key is not the one for %s", whose);
}

void key_rules_plain(struct message_refusal *refusal)
{
    REFUSE(refusal, RETRY_SLOWLY, TLS,
           "this collector requires encryption; give the agent a key with --token-file, "
           "or --ca-file and --cert-file");
}

bool key_rules_takes(const struct peer_claim *claim, const struct collector_config *config, const char *group,
                     const char *node, struct message_refusal *refusal)
{
    const struct key_identity *identity = &claim->key.identity;
    char whose[WHOSE_MAX];

    if (claim->proof == PEER_CERTIFICATE)
        return certificate_rules_takes(&claim->certificate, config, group, node, refusal);
    if (strcmp(identity->node, KEY_ANY) != 0 || key_identity_covers(identity, group, node))
        return true;
    write_whose(identity, whose);
    REFUSE(refusal, RETRY_SLOWLY, KEY, "its key is for %s, and node %s is another agent's, in group %s", whose, node,
           group);
    return false;
}

static bool is_key_ok(const struct key_claim *claim, const char *group, const char *node,
                      struct message_refusal *refusal)
{
    char whose[WHOSE_MAX];

    write_whose(&claim->identity, whose);
    enum key_verdict verdict = key_ring_judge(claim->ring, &claim->identity);
    if (verdict == KEY_OTHER_SECRET)
        /* The agent may have a new key already: it reads its file again before it connects. */
        REFUSE(refusal, RETRY, KEY, "its key is no longer accepted; give the agent a new one");
    else if (verdict != KEY_ACCEPTED)
        REFUSE(refusal, RETRY_SLOWLY, KEY, "the key for %s is revoked", whose);
    else if (key_ring_revokes_node(claim->ring, node))
        REFUSE(refusal, RETRY_SLOWLY, KEY, "node %s is revoked", node);
    else if (!key_identity_covers(&claim->identity, group, node))
        REFUSE(refusal, RETRY_SLOWLY, KEY, "its key is for %s; it says that it is node %s in group %s", whose, node,
               group);
    else
        return true;
    return false;
}

bool key_rules_ok(const struct peer_claim *claim, const struct collector_config *config, int64_t wall_ms,
                  const char *group, const char *node, struct message_refusal *refusal)
{
    if (claim->proof == PEER_CERTIFICATE)
        return certificate_rules_ok(&claim->certificate, config, wall_ms, group, node, refusal);
    return is_key_ok(&claim->key, group, node, refusal);
}
