/** The port on which log routers take lines, by RELP over TLS. */

/** The one that RELP's own documentation uses. Above 1024, so that a router needs no right of its own. */
export const LOG_PORT = 2514;
