/** Ports of a ring node. */

/** Clients, over TLS. */
export const CQL_PORT = 9042;
/** Ring nodes among themselves, over TLS. */
export const STORAGE_PORT = 7000;
/** A node's own answer whether it is well. */
export const HEALTH_PORT = 8080;
