/** What no template tells and a bill holds nevertheless: the traffic, as assumed. Each figure is a round one, to be argued with. */

import { SECONDS_A_MONTH } from './prices.ts';

/** Averages over a month, of all requests: most are polls of a few hundred bytes. */
export const REQUESTS_PER_SECOND_PER_WEBHEAD = 3;
export const REQUESTS_PER_SECOND_OF_A_BOX = 0.1;

const ANSWER_KB = 2;
/** From zone to zone: a request from its balancer to its webhead, on to a keysigner or a dbwriter, and to two replicas more. */
const BETWEEN_ZONES_KB = 8;
/** A line of each service that a request meets. */
const LOGS_KB = 1.5;
/** Rows of the requests that write, to the other region. */
const REPLICATED_KB = 0.2;
/** Push callbacks to strangers' servers. */
const CALLBACKS_KB = 0.2;
/** A device polls some ten times for each certificate that it asks for. */
const SIGNATURES_PER_REQUEST = 0.1;
/** Logs that are packed for the long store. */
const PACKED_LOGS_SHARE = 0.1;
const MONTHS_OF_LOGS_KEPT = 12;
/** Sign-ups and forgotten passwords. */
const MAILS_PER_REQUEST = 0.001;
const NAME_QUERIES_PER_REQUEST = 0.1;
/** An account's own hundred gigabytes to the internet cost nothing. */
const FREE_INTERNET_GB = 100;
const KB_IN_GB = 1_000_000;

/** A backup of a volume holds what is in use, and some days of changes. */
export const BACKED_UP_SHARE = 0.5;
/** The image of a machine, as stored. */
export const IMAGE_GB = 8;
export const CONNECTIONS_PER_CAPACITY_UNIT = 25;

export interface Traffic {
  readonly requestsPerSecond: number;
  readonly millionRequests: number;
  readonly internetGb: number;
  readonly betweenZonesGb: number;
  readonly logsGb: number;
  readonly packedLogsKeptGb: number;
  readonly replicatedGb: number;
  readonly callbacksGb: number;
  readonly millionMails: number;
  readonly millionSignatures: number;
  readonly millionNameQueries: number;
  /** Of a balancer that every request passes. */
  readonly gbAnHour: number;
}

/** A month of traffic at an average rate. */
export function trafficOf(requestsPerSecond: number): Traffic {
  const requests = requestsPerSecond * SECONDS_A_MONTH;
  const gigabytes = (kilobytesEach: number) => (requests * kilobytesEach) / KB_IN_GB;
  return {
    requestsPerSecond,
    millionRequests: requests / 1e6,
    internetGb: Math.max(0, gigabytes(ANSWER_KB) - FREE_INTERNET_GB),
    betweenZonesGb: gigabytes(BETWEEN_ZONES_KB),
    logsGb: gigabytes(LOGS_KB),
    packedLogsKeptGb: gigabytes(LOGS_KB) * PACKED_LOGS_SHARE * MONTHS_OF_LOGS_KEPT,
    replicatedGb: gigabytes(REPLICATED_KB),
    callbacksGb: gigabytes(CALLBACKS_KB),
    millionMails: (requests * MAILS_PER_REQUEST) / 1e6,
    millionSignatures: (requests * SIGNATURES_PER_REQUEST) / 1e6,
    millionNameQueries: (requests * NAME_QUERIES_PER_REQUEST) / 1e6,
    gbAnHour: (requestsPerSecond * 3600 * ANSWER_KB) / KB_IN_GB,
  };
}
