#include "scaler/signal.h"

const char *const signal_kind_names[SIGNAL_KIND_COUNT] = {"load", "share", "limit"};
