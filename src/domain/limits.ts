// Every bound of the program, named and in one place. Past a bound the caller gets a clear error or 503, or the
// work waits in the database; nothing grows without one.

import { day, hour, minute, second } from './time.ts'

const kib = 1024
const mib = 1024 * kib

export const limits = {
  // Requests
  connectionsMax: 10_000,
  /** Requests of one connection that wait behind one that is not answered yet. */
  pipelinedRequestsMax: 100,
  /** Of a body that posts events. */
  requestBodyBytesMax: mib,
  /**
   * Of every other body. Looking for what is wrong with one takes time of everybody, so it is hardly more than the
   * largest endpoint has that may be registered: 187 KiB, where its text is not ASCII and escaped.
   */
  managementBodyBytesMax: 192 * kib,
  /** Faults of one body, event or endpoint that are looked for and told. */
  fieldErrorsMax: 20,
  requestTimeoutMs: 30 * second,
  /** How often the server looks for requests that take longer, and ends them. */
  requestCheckMs: second,
  /** A connection whose last request was answered is kept for the next one: longer than load balancers keep theirs. */
  idleConnectionMs: 72 * second,
  /**
   * A connection on which nothing moves for so long is ended, for two or three times as long where its caller does not
   * read. Longer than any request takes, a replay of a million deliveries too.
   */
  stalledConnectionMs: 5 * minute,
  /** Nesting of JSON bodies. JSON.parse takes millions; whoever reads the event later may not. */
  jsonDepthMax: 128,
  batchEventsMax: 1000,
  pageSizeDefault: 50,
  pageSizeMax: 250,
  /** A list of all that is pending sorts so many. Where more wait it walks from the newest delivery on. */
  pendingSortedMax: 10_000,
  eventIdCharsMax: 64,
  tenantIdCharsMax: 64,
  eventTypeCharsMax: 128,
  attributesMax: 20,
  attributeCharsMax: 256,
  nameCharsMax: 255,
  keyTenantsMax: 1000,
  /** Pairs of API key and kind of access whose request windows are remembered; the least recent is forgotten. */
  rateWindowsMax: 100_000,
  /**
   * Of a quota that nodes share, one holds unused at most this part of what it has let pass itself, and this part of the
   * quota besides: what lies unused on up to 12 nodes, however unevenly they are asked, stays below a tenth.
   */
  quotaHeldOfOwn: 1 / 12,
  quotaHeldOfLimit: 1 / 500,
  /** And of what is left: near the limit a node asks for each request. */
  quotaHeldOfLeft: 1 / 4,
  /** Where nothing was left of a quota, the database is not asked again sooner. */
  quotaAskAgainMs: second,
  /** Counts are kept for so long after they have expired: another node's clock may be behind. */
  quotaKeptMs: minute,
  idempotencyKeyCharsMax: 255,
  idempotencyMs: hour,
  updateTriesMax: 5,

  // Endpoints
  endpointsPerTenantMax: 1000,
  /**
   * Characters that URL, event types, filters, description and headers of all endpoints of a tenant have as JSON: whole
   * tenants are read and held in memory.
   */
  endpointCharsPerTenantMax: 4 * mib,
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
  /**
   * Characters of endpoints held in memory with their secrets opened, and a thousand for what is around each of them;
   * the tenants used least recently are dropped past it.
   */
  cachedEndpointCharsMax: 64 * mib,
  cachedKeysMax: 50_000,
  /** Endpoints whose status is held in memory. */
  cachedStatusesMax: 10_000,
  /** What other nodes may have added to since it was read is told for at most so long. */
  statusMs: second,

  // The engine
  /** Concurrent attempts to one endpoint. */
  attemptsPerEndpointMax: 16,
  /** Concurrent attempts of the node. */
  attemptsInFlightMax: 4096,
  /** Deliveries that one lane holds in memory; more wait in the database. */
  laneDeliveriesMax: 1024,
  /** Bytes of event data that all lanes of the node hold in memory; more waits in the database. */
  lanesBytesMax: 64 * mib,
  /** A lane takes nothing more while it holds more than this part of what is left, so that others find room too. */
  laneBytesShare: 1 / 8,
  /** Events and outcomes that wait for a commit; past it events are refused with 503. */
  commitQueueMax: 20_000,
  commitQueueBytesMax: 64 * mib,
  /** A commit takes at most this many operations, so that one never takes long. */
  commitOperationsMax: 2000,
  /** Endpoints whose waiting deliveries one claim may take up. */
  claimEndpointsMax: 64,
  claimDeliveriesMax: 512,
  claimPerEndpointMax: 128,
  /** Of one endpoint a claim takes no further delivery once the event data of those before has so many bytes. */
  claimPerEndpointBytesMax: mib,
  /** An endpoint whose lane had no room for all that was due is looked at again after this. */
  claimAgainMs: second,
  /** The engine looks for due deliveries at least this often, whatever its timers say. */
  claimIntervalMs: 10 * second,
  /** A delivery that our own code throws on before or after it is sent is tried so often, and then set aside as failed. */
  faultsMax: 3,
  /** A delivery that could not be prepared for sending is tried again after this. */
  prepareAgainMs: second,
  /** What goes wrong for each delivery that waits is logged no more often than this. */
  repeatedFailureMs: minute,
  heartbeatIntervalMs: 3 * second,
  /** Without a heartbeat for so long, a node trusts nothing that it has in memory, and sends nothing. */
  trustMs: 8 * second,
  /** Without one for so long it is dead to the others: longer than `trustMs`, so that it has stopped by itself. */
  deadAfterMs: 11 * second,
  /** How long a node waits for the answer of the database, and then for word on what became of a lost commit. */
  storeAnswerMs: 10 * second,
  eventMatchesMax: 5,
  storeRetryMs: 250,
  storeRetryMsMax: 5 * second,
  /** Seconds after which a caller may try again when the database is unavailable. */
  unavailableRetrySeconds: 1,
  retryAfterMsMax: day,
  stopMs: 10 * second,

  // Attempts
  responseReadBytesMax: 64 * kib,
  /** With its status line, headers and chunk framing: that much of a body in chunks of one byte is 384 KiB. */
  responseWireBytesMax: 512 * kib,
  responseKeptCharsMax: 4096,
  errorKeptCharsMax: 500,
  idleSocketMs: 4 * second,
  /** How long this machine's own addresses are remembered before its interfaces are looked at again. */
  ownAddressesMs: 10 * second,

  // Upkeep
  retentionStepRows: 1000,
  retentionIntervalMs: minute,
  sweepIntervalMs: minute,
  bulkStepRows: 1000,
  /** Replays of a node, a step of each in turn; further ones are refused with 503. */
  replaysAtOnceMax: 16,
  /** Endpoints that are sealed with another master key in one step. */
  rotationStepRows: 100,
  /** How long until what was sealed with another master key meanwhile is looked for again. */
  rotationAgainMs: minute,
} as const
