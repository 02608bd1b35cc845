/* The CA of the certificates in the corpora. Its key is gone. */
#ifndef FUZZ_FUZZ_CA_H
#define FUZZ_FUZZ_CA_H

static const char fuzz_ca[] = "-----BEGIN CERTIFICATE-----\n"
                              "MIIBjDCCATGgAwIBAgIUaUxBIoC1SPaSW20DtXacthw+M0swCgYIKoZIzj0EAwIw\n"
                              "EzERMA8GA1UEAwwIZmxlZXQgY2EwHhcNMjYxMTI5MDcxNDMyWhcNMzYxMTI2MDcx\n"
                              "NDMyWjATMREwDwYDVQQDDAhmbGVldCBjYTBZMBMGByqGSM49AgEGCCqGSM49AwEH\n"
                              "A0IABHYOWZgoMAr9g4ETvkrws4HUSR2XN5MPhkHgI5aQV3VdM9OWMiuCMPHc2FUH\n"
                              "4bDSTP17fHBoy7O+Rv9rBLQNFRSjYzBhMB0GA1UdDgQWBBTnwJ1mijzpNjHPEJ8q\n"
                              "EWs/oQ5XOzAfBgNVHSMEGDAWgBTnwJ1mijzpNjHPEJ8qEWs/oQ5XOzAPBgNVHRMB\n"
                              "Af8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAKBggqhkjOPQQDAgNJADBGAiEAvCw+\n"
                              "2fGpPVMLKpqZ1Yzet+mycltayXPFM1OkzWbVYq0CIQD4AEQaI019pdh17gzRohXU\n"
                              "XQCx94RjZj9/YXHpUCeRNg==\n"
                              "-----END CERTIFICATE-----\n";

/* At this time they are valid. */
#define FUZZ_CA_NOW_S INT64_C(1800000000)

#endif
