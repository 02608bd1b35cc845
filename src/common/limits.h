/* Pure. Limits that a peer or an operator can reach, or that several modules share. PROTOCOL.md repeats those that a
 * peer can see. A bound that concerns a single module stands at the top of that module. */
#ifndef COMMON_LIMITS_H
#define COMMON_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_LEN_MAX      262144U /* 256 KiB: bytes of one message, without its 4-byte length */
#define BATCH_SAMPLES_MAX  1024U   /* samples in one Batch */
#define SEND_SAMPLES_MAX   256U    /* samples in one Batch of our agent */
#define SAMPLE_LEN_MAX     168U    /* bytes of one encoded sample with all metrics at their longest */
#define BATCH_REST_LEN_MAX 1280U   /* bytes of a Batch without its samples */
#define HELLO_LEN_MAX      2560U   /* bytes of any other frame of the agent */
#define SEND_LEN_MAX       ((size_t)SEND_SAMPLES_MAX * SAMPLE_LEN_MAX + HELLO_LEN_MAX)
#define NAME_LEN_MAX       128U /* bytes of a node id or group, without the terminating 0 */
#define TOKEN_LEN_MAX      512U
#define AGENT_SECRET_LEN   16U    /* bytes that prove that an agent is the same as before */
#define KEY_IDENTITY_MAX   128U   /* bytes of the identity of a key, without the terminating 0: GnuTLS takes no more */
#define KEY_TEXT_MAX       220U   /* bytes of the text of a key */
#define KEY_SECRETS_MAX    2U     /* secrets of the fleet that a collector accepts: one, and its successor */
#define REVOKED_LEN_MAX    65536U /* bytes of the names of revoked keys */

#define CERTIFICATE_CHAIN_MAX     8U                /* certificates from a program's own to the CA's */
#define CERTIFICATE_CHAIN_LEN_MAX 6144U             /* bytes of them in a handshake */
#define CERTIFICATE_FILE_LEN_MAX  ((size_t)1 << 20) /* bytes of a PEM file */
#define CERTIFICATE_RSA_BITS_MIN  2048U
#define CERTIFICATE_RSA_BITS_MAX  2048U /* of a server's key: a longer one holds its loop in each handshake */
#define CERTIFICATE_CRL_LEN_MAX   ((size_t)16 << 20) /* bytes of the lists of revoked certificates */
#define TICKET_LIFE_S             86400

#define REJECT_TEXT_MAX        255U
#define LOSSES_MAX             32U               /* ranges of lost samples that an agent remembers */
#define REPLY_LEN_MAX          512U              /* bytes of any frame from the collector */
#define WIRE_ARENA_SIZE        ((size_t)1 << 20) /* memory for one decoded message: the most that a hostile frame can cost */
#define SILENT_ACK_INTERVALS   3U                /* ack intervals without a frame after which a peer counts as dead */
#define GREETING_MS_MAX        15000U            /* from the connection to the Welcome, for which an agent waits */
#define HELLO_MS_MAX           5000U             /* from the connection to the Hello, for which a collector waits */
#define HELLO_FRAME_LEN_MAX    4096U             /* bytes of a message before the Welcome */
#define STRANGERS_MAX          1024U             /* connections before their Hello, or after a Reject, */
#define STRANGERS_SCARCE       500U              /* where that many agents leave no descriptors for more, */
#define STRANGERS_MIN          16U               /* and where few files may be open at all */
#define GUESSES_BURST          20U               /* wrong tokens from one address at once, */
#define GUESS_MS               1000U             /* and in the long run one in this time */
#define INTERVAL_MS_MIN        50U               /* between two samples of an agent */
#define INTERVAL_MS_MAX        3600000U
#define REPORT_MS_MAX          10000U    /* from one report of an agent to the next, whatever its collector asks for */
#define INTERVAL_MS_ASSUMED    1000U     /* of a node that is known from files only */
#define CPU_MILLI_MAX          65536000U /* of one node: 65,536 processors */
#define MEMORY_BYTES_MAX       (UINT64_C(1) << 52) /* of one node: 4 PiB */
#define ACCOUNT_MAX            (UINT64_C(1) << 40) /* samples in an agent's account: 1,700 years of the shortest interval */
#define SEQ_JUMP_MAX           (UINT64_C(1) << 34) /* samples missing at once: 27 years of the shortest interval */
#define COLLECTORS_MAX         8U                  /* --collector of one agent */
#define OUTBOX_SAMPLES_MIN     16U
#define OUTBOX_SAMPLES_MAX     10000000U
#define NODES_MAX              100000U /* nodes that the collector remembers */
#define GROUPS_MAX             1024U
#define GROUPS_RESERVED        128U /* places that agents' groups don't take */
#define SCHEDULES_MAX          256U
#define INSTANCES_PER_NODE_MAX 4U  /* runs of a node's agent that the collector remembers */
#define SPOOL_RUNS_MAX         4U  /* runs whose samples an agent spools: no more than a collector remembers */
#define CREDIT_MIN             64U /* samples in flight of one agent */
#define CREDIT_MAX             4096U
#define GAPS_PER_INSTANCE_MAX  130U /* unwritten rows of gaps.csv of one instance, in each half of the backlog */
#define STORE_ROWS_MAX         (20000U * CREDIT_MIN) /* samples in flight of all agents together */
#define TAKEOVER_MS_MIN        1000U                 /* silence after which another instance may take a node over */
#define POSTED_INTERVAL_MS_MAX 60000   /* between two samples that are posted for a node, as far as is known */
#define FRAME_MS_MAX           120000U /* from the first byte of a frame to its last */
#define SAMPLE_AGE_MS_MAX      (366LL * 86400 * 1000)
#define CLOCK_SKEW_MS_MAX      5000 /* between the wall clocks of a node and the collector; more is logged */
#define CLOCK_SKEW_MS_MIN      4000 /* below it, a clock that was off counts as right again */
#define RING_SAMPLES_MIN       8U
#define RING_SAMPLES_MAX       86400U
#define HTTP_CONNECTIONS_MAX   1024U
#define CONFIG_LINE_MAX        8192U  /* of the configuration file; the longest path has 4095 */
#define ADMIN_REQUEST_MAX      16384U /* bytes of a request on the admin socket, its line end included */
#define ADMIN_ANSWER_MAX       16384U /* bytes of the answer, its line end included */
#define ADMIN_NODES_MAX        64U    /* nodes that a request names */
#define ADMIN_SESSIONS_MAX     16U    /* connections to the admin socket, */
#define ADMIN_SESSIONS_OF_USER 8U     /* and those of one user */
#define ADMIN_REQUEST_MS_MAX   10000U /* from the connection to the whole request */
#define ADMIN_ANSWER_MS_MAX    30000U /* from there to the end of the answer */
#define SYNC_ALWAYS            0      /* when written rows are synced: before they are acknowledged, */
#define SYNC_NEVER             (-1)   /* when the kernel decides, */
#define SYNC_MS_MIN            10U    /* or after this time */
#define SYNC_MS_MAX            60000U
#define CSV_LINE_MAX           1024U
#define COMPRESSED_CONTENT_MAX (1U << 20)                       /* bytes of a compressed file that form a frame, */
#define COMPRESSED_FRAME_MAX   (COMPRESSED_CONTENT_MAX + 8192U) /* what such a frame takes at most, */
#define COMPRESSED_FRAMES_MAX  (1U << 21)                       /* and frames of a file */
#define STATE_LEN_MAX          ((size_t)128 << 20)              /* the scalers' saved state: all groups */
#define OUTLOOK_LINES_MAX      20U   /* log lines in a minute about nodes that approach a limit */
#define INDEX_LINE_MAX         384U  /* bytes of a line of metrics.index */
#define SIGNAL_SECTIONS_MAX    1024U /* signals of all groups */
#define SIGNALS_OF_GROUP_MAX   4U
#define SIGNAL_NAME_LEN_MAX    63U   /* bytes, without the terminating 0 */
#define SIGNAL_PER_NODE_MIN    0.001 /* what a node carries of a load; and a limit */
#define SIGNAL_PER_NODE_MAX    1e15
#define VICTIMS_MAX            1024U             /* nodes that a scale-in order suggests for removal */
#define RECORD_LEN_MAX         262144U           /* bytes of a decision as JSON, victims included */
#define FLEET_DELAY_MAX        5760U             /* steps of a simulation until a node is ready: a day of 15 s */
#define REPLAY_STEPS_MAX       20000000U         /* steps of a replayed trace: 9.5 years */
#define REPLAY_TICKS_MAX       100000000         /* ticks from the first recorded sample to the last */
#define REPLAY_GROUPS_MAX      64U               /* --group and --node of one command */
#define FORECAST_MS_MAX        INT64_C(86400000) /* --horizon */
#define SIZING_NODES_MAX       1000000U          /* nodes that a decision can ask for, before its bounds */
#define HOOK_RUNS_MAX          128U              /* hooks that carry out orders at the same time, of all groups, */
#define HOOK_FRESH_MAX         32U               /* of these, those that began within HOOK_FRESH_MS, */
#define HOOK_FRESH_MS          5000U
#define HOOK_TIMED_OUT_MAX     32U    /* and those of groups whose last run reached its time limit */
#define HOOK_QUESTIONS_MAX     16U    /* hooks that are asked for their contract or a count at the same time, */
#define HOOK_QUESTION_MS_MAX   20000U /* each for at most this time */
#define HOOK_LINE_MAX          400U   /* bytes that are logged of one line of a hook's output */
#define HOOK_LINES_MAX         50U    /* lines of a run that are logged within HOOK_LINES_MS */
#define HOOK_LINES_MS          10000U
#define ARCHIVE_BUCKETS_MAX    1024  /* points of an answer from the files of the data directory, */
#define ARCHIVE_DECISIONS_MAX  1000U /* or decisions in it */
#define ARCHIVE_SCAN_MS_MAX    4000U /* for reading the files of one answer, */
#define ARCHIVE_WAITING_MAX    4U    /* and requests that wait while one is answered */
#define FEED_LINE_MAX          512U  /* bytes of a line in which a program reports a signal, without its end */

#endif
