/** The ports of the topology. */

export const HTTP_PORT = 80;
export const HTTPS_PORT = 443;

/** Services answer here, over TLS; below 1024 they would need a right more. */
export const MACHINES_PORT = 8443;

/** Clients of the ring, over TLS. */
export const CQL_PORT = 9042;
/** Ring nodes among themselves, over TLS. */
export const STORAGE_PORT = 7000;
/** A ring node's own answer whether it is well. */
export const HEALTH_PORT = 8080;

/**
 * Log routers take lines here, by RELP over TLS: the one that RELP's own documentation uses. Above 1024, so that a router needs no right
 * of its own.
 */
export const LOG_PORT = 2514;

/** The mail sink takes mails. Above 1024, so that it needs no right of its own. */
export const SMTP_PORT = 2525;
/** Mailboxes of the mail sink, for the programs that make load. Plain HTTP: no mail of a person is ever in them. */
export const INBOX_PORT = 8025;
