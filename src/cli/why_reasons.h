/* Pure. Answers the two questions that a decision leaves: why not more nodes, and why not fewer. The decision is an
 * object of /api/v1/decisions. */
#ifndef CLI_WHY_REASONS_H
#define CLI_WHY_REASONS_H

#include <jansson.h>
#include <stddef.h>

#define WHY_REASONS_MAX 512U /* bytes of a reason, its 0 included */

void why_reasons_not_more(const json_t *decision, char *text, size_t size);
void why_reasons_not_fewer(const json_t *decision, char *text, size_t size);

#endif
