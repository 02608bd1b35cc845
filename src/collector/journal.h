/* Sends structured log records to journald, through libsystemd. */
#ifndef COLLECTOR_JOURNAL_H
#define COLLECTOR_JOURNAL_H

/* If standard error is connected to journald, sends log records there with their fields. Otherwise, and in a build
 * without libsystemd, does nothing. */
void journal_attach(void);

#endif
