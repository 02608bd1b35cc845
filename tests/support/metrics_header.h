/* The first line of metrics.csv as documented, in one place for all tests; those in Python read it from here
 * (headroom_test.METRICS_COLUMNS). A new metric goes to the end. */
#ifndef SUPPORT_METRICS_HEADER_H
#define SUPPORT_METRICS_HEADER_H

#define METRICS_HEADER                                                                                                 \
    "node_id,cpu,memory,disk_read,disk_write,timestamp,group,instance,seq,uptime,disk_busy,load1,iowait,steal,swap,"   \
    "net_rx,net_tx,psi_cpu,psi_memory,psi_io,throttled,oom_kills,app_load,app_capacity,fs"

#endif
