#include "collector/intake/certificate_rules.h"

#include "tls/certificate_identity.h"
#include "tls/certificate_names.h"
#include "tls/certificate_text.h"

#include <string.h>

static void refuse_node(const struct certificate_claim *claim, const char *node_name, const char *node,
                        struct message_refusal *refusal)
{
    char names[128];
    bool any = certificate_names_count(claim->names, CERTIFICATE_DNS) > 0 ||
               certificate_names_count(claim->names, CERTIFICATE_URI) > 0;

    certificate_names_print(claim->names, names, sizeof names);
    if (!any)
        REFUSE(refusal, RETRY_SLOWLY, CERTIFICATE,
               "its certificate (%.80s) has no name in its SAN; node-name = %s demands one for node %s", claim->who,
               node_name, node);
    else
        REFUSE(refusal, RETRY_SLOWLY, CERTIFICATE, "it says that it is node %s; its certificate is for another: %s",
               node, names);
}

/* The units, of which messages show the first one. */
static void refuse_group(const struct certificate_claim *claim, const char *cert_group, const char *group,
                         struct message_refusal *refusal)
{
    size_t len = 0;
    const char *unit = certificate_names_first(claim->names, CERTIFICATE_UNIT, &len);

    if (unit == NULL)
        REFUSE(refusal, RETRY_SLOWLY, CERTIFICATE,
               "it says that it is in group %s, whose cert-group is %s; its certificate (%.80s) has no OU", group,
               cert_group, claim->who);
    else
        REFUSE(refusal, RETRY_SLOWLY, CERTIFICATE,
               "it says that it is in group %s, whose cert-group is %s; its certificate has OU %.*s", group, cert_group,
               (int)len, unit);
}

bool certificate_rules_ok(const struct certificate_claim *claim, const struct collector_config *config, int64_t wall_ms,
                          const char *group, const char *node, struct message_refusal *refusal)
{
    const char *cert_group = collector_config_cert_group(config, group);
    enum certificate_verdict verdict = certificate_claim_judge(claim, wall_ms / 1000);
    char text[REJECT_TEXT_MAX + 1];

    if (verdict != CERTIFICATE_ACCEPTED) {
        certificate_text_verdict(claim, verdict, wall_ms / 1000, config->ca_file, text, sizeof text);
        REFUSE(refusal, RETRY_SLOWLY, CERTIFICATE, "%s", text);
    } else if (!certificate_identity_covers_node(claim->names, config->node_name, group, node)) {
        refuse_node(claim, config->node_name, node, refusal);
    } else if (!certificate_identity_covers_group(claim->names, cert_group)) {
        refuse_group(claim, cert_group, group, refusal);
    } else {
        return true;
    }
    return false;
}

bool certificate_rules_takes(const struct certificate_claim *claim, const struct collector_config *config,
                             const char *group, const char *node, struct message_refusal *refusal)
{
    const char *cert_group = collector_config_cert_group(config, group);

    if (strcmp(config->node_name, CERTIFICATE_NODE_ANY) != 0 ||
        certificate_identity_covers_group(claim->names, cert_group))
        return true;
    REFUSE(refusal, RETRY_SLOWLY, CERTIFICATE,
           "node %s is another agent's, in group %s, whose cert-group is %s; its certificate is for other groups", node,
           group, cert_group);
    return false;
}
