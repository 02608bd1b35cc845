/* Pure. A problem as JSON, in the answer of /api/v1/problems and in what the program of on-alert reads. */
#ifndef COLLECTOR_PROBLEMS_PROBLEM_JSON_H
#define COLLECTOR_PROBLEMS_PROBLEM_JSON_H

#include "collector/problems/problems.h"
#include "common/writer.h"

/* Puts the members: "name":"nodes-missing","severity":...,"group":...,"node":...,"since_ms":...,"text":...,"link":...
 */
void problem_json_put(struct writer *writer, const struct problem *problem);

#endif
