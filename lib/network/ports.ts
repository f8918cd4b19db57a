/** Ports that everybody knows. */

export const HTTP_PORT = 80;
export const HTTPS_PORT = 443;
