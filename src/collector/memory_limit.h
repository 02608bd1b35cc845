/* How much memory the rings may take unless the configuration says it. */
#ifndef COLLECTOR_MEMORY_LIMIT_H
#define COLLECTOR_MEMORY_LIMIT_H

#include <stdint.h>

/* Half of the memory of the machine, or of the control group's limit if that is less, in bytes. */
uint64_t memory_limit_default(void);

#endif
