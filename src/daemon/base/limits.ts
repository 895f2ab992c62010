/** Limits that more than one part keeps to. Each has a name and a reason; a part's own limits live with the part. */

/** Octets of a header block that are read for routing and display; Postfix caps at the same size (header_size_limit). */
export const LONGEST_HEADER_BLOCK = 102_400;

/** Octets of a message that stay in memory; a larger one waits in a temporary file (memory is bounded by configuration, I20). */
export const IN_MEMORY = 1_048_576;

/** No message is larger, whatever limit is configured: an endless one would fill the disk (POP20). */
export const LARGEST_MESSAGE = 2_147_483_648;

/** Characters of a remote server's reply that are kept (REL14). */
export const LONGEST_REPLY_TEXT = 1_024;
