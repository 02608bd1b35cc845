/* Keeps what is logged, instead of writing it to standard error. */
#ifndef SUPPORT_LOG_CAPTURE_H
#define SUPPORT_LOG_CAPTURE_H

#include "common/log.h"

void log_capture_start(void);

/* How many lines hold the text, at that level or a graver one. */
unsigned log_capture_count(enum log_level level, const char *text);

/* The last line that holds it, or NULL. */
const char *log_capture_find(const char *text);

/* A field of the last record that has fields; NULL: not there. */
const char *log_capture_field(const char *name);

#endif
