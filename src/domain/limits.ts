// Every bound of the program, named and in one place. Past a bound the caller gets a clear error or 503, or the
// work waits in the database; nothing grows without one.

import { day, hour, minute, second } from './time.ts'

const kib = 1024
const mib = 1024 * kib

export const limits = {
  // Requests
  requestBodyBytesMax: mib,
  requestTimeoutMs: 30 * second,
  /** Nesting of JSON bodies. JSON.parse takes millions; whoever reads the event later may not. */
  jsonDepthMax: 128,
  batchEventsMax: 1000,
  pageSizeDefault: 50,
  pageSizeMax: 250,
  eventIdCharsMax: 64,
  tenantIdCharsMax: 64,
  eventTypeCharsMax: 128,
  attributesMax: 20,
  attributeCharsMax: 256,
  nameCharsMax: 255,
  keyTenantsMax: 1000,
  /** Pairs of API key and kind of access whose request windows are remembered; the least recent is forgotten. */
  rateWindowsMax: 100_000,
  idempotencyKeyCharsMax: 255,
  idempotencyMs: hour,
  updateTriesMax: 5,

  // Endpoints
  endpointsPerTenantMax: 1000,
  urlCharsMax: 2048,
  descriptionCharsMax: 1024,
  eventTypesPerEndpointMax: 100,
  filtersPerEndpointMax: 20,
  secretsPerEndpointMax: 10,
  customHeadersMax: 32,
  customHeaderCharsMax: 4096,
  customHeadersCharsMax: 16 * kib,
  secretOverlapMsDefault: day,
  secretOverlapMsMax: 7 * day,

  // Caches
  /** Endpoints held in memory with their secrets opened; the tenants used least recently are dropped past it. */
  cachedEndpointsMax: 50_000,
  cachedKeysMax: 50_000,

  // The engine
  /** Concurrent attempts to one endpoint. */
  attemptsPerEndpointMax: 16,
  /** Concurrent attempts of the node. */
  attemptsInFlightMax: 4096,
  /** Deliveries that one lane holds in memory; more wait in the database. */
  laneDeliveriesMax: 1024,
  /** Bytes of event data that all lanes of the node hold in memory; more waits in the database. */
  lanesBytesMax: 64 * mib,
  /** Events and outcomes that wait for a commit; past it events are refused with 503. */
  commitQueueMax: 20_000,
  commitQueueBytesMax: 64 * mib,
  /** A commit takes at most this many operations, so that one never takes long. */
  commitOperationsMax: 2000,
  /** Endpoints whose waiting deliveries one claim may take up. */
  claimEndpointsMax: 64,
  claimDeliveriesMax: 512,
  claimPerEndpointMax: 128,
  /** An endpoint whose lane had no room for all that was due is looked at again after this. */
  claimAgainMs: second,
  /** The engine looks for due deliveries at least this often, whatever its timers say. */
  claimIntervalMs: 5 * second,
  heartbeatIntervalMs: 5 * second,
  storeRetryMs: 250,
  storeRetryMsMax: 5 * second,
  retryAfterMsMax: day,
  stopMs: 10 * second,

  // Attempts
  responseReadBytesMax: 64 * kib,
  responseKeptCharsMax: 4096,
  errorKeptCharsMax: 500,
  idleSocketMs: 4 * second,

  // Upkeep
  retentionStepRows: 1000,
  retentionIntervalMs: minute,
  bulkStepRows: 1000,
} as const
