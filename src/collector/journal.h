/* Structured records for journald, through libsystemd. */
#ifndef COLLECTOR_JOURNAL_H
#define COLLECTOR_JOURNAL_H

/* When standard error is a stream to journald, sends the log there with its fields. Otherwise, and where the program
 * was built without libsystemd, nothing changes. */
void journal_attach(void);

#endif
