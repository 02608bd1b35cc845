#include "collector/problems/problem_kinds.h"

const char *const problem_severity_names[PROBLEM_SEVERITIES] = {"critical", "warning", "info"};

#define PROBLEM_ROW(kind, name, severity, for_ms) {name, PROBLEM_##severity, for_ms},

const struct problem_kind_row problem_kinds[PROBLEM_KIND_COUNT] = {PROBLEM_KINDS(PROBLEM_ROW)};
