// Every bound of the program, by name and in one place. Past a bound, the caller gets a clear error or 503, or the work
// waits in the database. Nothing grows without a bound.

import { day, hour, minute, second } from './time.ts'
import { upkeepLimits } from './upkeep-limits.ts'

const kib = 1024
const mib = 1024 * kib

/** The bounds. Names contain their unit: `Ms`, `Seconds`, `Bytes`, `Chars`, `Rows`; others are counts or shares. */
export const limits = {
  // Requests
  connectionsMax: 10_000,
  /** Requests of one connection that wait behind a running request; a connection with more is ended. */
  pipelinedRequestsMax: 100,
  /** The size of a body that posts events. */
  requestBodyBytesMax: mib,
  /**
   * The size of every other body. The search for faults in a body delays all callers, so the bound is only a little
   * more than the largest valid endpoint without details: 187 KiB, if its text is escaped and not ASCII.
   */
  managementBodyBytesMax: 192 * kib,
  /** Faults of one body, event or endpoint that are collected and returned. */
  fieldErrorsMax: 20,
  requestTimeoutMs: 30 * second,
  /** How long the rest of a body that is too large is read, and dropped, after the answer. */
  unreadBodyMs: 10 * second,
  /** How often the server looks for requests that run longer than `requestTimeoutMs`, and ends them. */
  requestCheckMs: second,
  /** How long a connection without a running request stays open: longer than load balancers keep theirs. */
  idleConnectionMs: 72 * second,
  /** A connection whose caller does not read a response is ended after this time, or after two or three times as long. */
  stalledConnectionMs: 5 * minute,
  /** Nesting of JSON bodies. `JSON.parse` accepts millions of levels; a later reader of the event may not. */
  jsonDepthMax: 128,
  /** Fields of a form, and elements of a list in it. */
  formFieldsMax: 1000,
  formDepthMax: 8,
  /** Operations of a JSON Patch. */
  patchOperationsMax: 100,
  batchEventsMax: 1000,
  pageSizeDefault: 50,
  pageSizeMax: 250,
  /** A page of events has no further one once the data of its events has this many bytes. */
  eventPageBytesMax: 4 * mib,
  /** A list of pending deliveries sorts at most this many. If more are pending, it walks from the newest one on. */
  pendingSortedMax: 10_000,
  /**
   * Rows that one request of a list searches for those that match filters without an index. A page then ends there, even if
   * it is not full.
   */
  searchedRowsMax: 5000,
  /** The same, where only the small row of an endpoint's status is read. */
  searchedStatusesMax: 100_000,
  /** Rows that an index finds by the beginning of a text are sorted if they are at most so many. */
  foundSortedMax: 1000,
  /** Characters of a text to search for: more than a name or an id has. */
  searchTextCharsMax: 255,
  /** Objects of any kind that one search finds. */
  foundMax: 20,
  /** Values of one parameter of a query that may be repeated. */
  queryValuesMax: 20,
  eventIdCharsMax: 64,
  tenantIdCharsMax: 64,
  eventTypeCharsMax: 128,
  attributesMax: 20,
  attributeCharsMax: 256,
  nameCharsMax: 255,
  keyTenantsMax: 1000,
  /** Portal links of a tenant whose session has not ended. */
  portalLinksPerTenantMax: 100,
  /** A portal link is opened within this time. */
  portalLinkMsDefault: minute,
  portalLinkMsMax: 15 * minute,
  /** The session of a portal link ends after this time, also if it is used. */
  portalSessionMsDefault: hour,
  portalSessionMsMax: 12 * hour,
  /** A session of the portal ends if it is not used for this time. */
  portalIdleMs: hour,
  /** Operator keys besides the one in the settings. */
  operatorKeysMax: 100,
  scopeCharsMax: 128,
  /** Counts of one rate limiter in memory, one per caller and quota; the least recently used count is dropped. */
  rateWindowsMax: 100_000,
  /**
   * A node holds unused at most this part of the requests that it has passed itself, plus `quotaHeldOfLimit` of the
   * whole shared quota. Up to 12 nodes then hold less than a tenth of the quota unused, even under uneven load.
   */
  quotaHeldOfOwn: 1 / 12,
  quotaHeldOfLimit: 1 / 500,
  /** It also holds at most this part of the requests that are left: near the limit a node asks for each request. */
  quotaHeldOfLeft: 1 / 4,
  /** The shortest wait before the database is asked again about a bucket that was empty. */
  quotaAskAgainMs: second,
  /** Expired counts stay in the database for this long, because another node's clock may be behind. */
  quotaKeptMs: minute,
  /** How long the issuer of tokens may take to send its key set, and the size of the set. */
  keySetAnswerMs: 5 * second,
  keySetBytesMax: 256 * kib,
  /** How long until the key set is read again: after it was read, after a failure, and for a key that is not in it. */
  keySetFreshMs: 10 * minute,
  keySetAgainMs: 10 * second,
  /** A key set that cannot be read again is used for this long. */
  keySetKeptMs: hour,
  /** Wrong keys of one address that are answered at once; each further one takes `wrongKeyMs`. */
  wrongKeysAtOnce: 5,
  wrongKeyMs: second,
  /** A wrong key whose answer would wait longer is answered 429. */
  wrongKeyWaitMsMax: 5 * second,
  /** Answers to wrong keys that wait on a node. */
  wrongKeysWaitingMax: 1000,
  /** Addresses whose wrong keys are counted; the one whose last wrong key is the oldest is dropped. */
  wrongKeyAddressesMax: 10_000,
  /** After this time an operator signs in to the dashboard again. */
  operatorSessionMs: 12 * hour,
  idempotencyKeyCharsMax: 255,
  idempotencyMs: hour,
  updateTriesMax: 5,
  /** Characters of a value in the change of an audit record, as JSON, and of an id or a name there. */
  auditValueCharsMax: 512,
  auditTextCharsMax: 256,
  /** How long until a read of a secret, or a refused attempt, is stored, and how many records one transaction stores. */
  auditStoreMs: second,
  auditStepRows: 500,
  /** Records of one minute in memory, and all records in memory, of which most wait for the database then. */
  auditEntriesMax: 10_000,
  auditWaitingMax: 50_000,
  /** Records of refused attempts that a node makes in a minute, of callers with a valid key and of others each. */
  auditRefusalsMax: 20,
  /** How long browsers may keep the answer to a preflight request. */
  preflightSeconds: 600,

  // Streams
  /** Streams of a node; a further one is refused with 503. */
  streamsMax: 20,
  /** How often a stream gets its aggregate, and nodes report to each other while a stream is open. */
  streamTickMs: second,
  /** Attempts that a stream gets with each aggregate; further ones are counted. */
  streamRowsMax: 20,
  /** A stream is ended whose caller has read nothing for this long. */
  streamUnreadMs: 10 * second,
  /** How often it is checked that the operator keys of streams still exist. */
  streamKeyCheckMs: 2 * second,
  /** How long a stream may take to end at a stop, until its connection is cut. */
  streamEndMs: second / 2,
  /** Filters of tails, on all nodes together, for which a node collects attempts; those of its own streams come first. */
  tailFiltersMax: 20,
  /** A node counts as one that streams, and is counted in the aggregate, for this long after its last report. */
  nodeReportMs: 5 * second,
  /** The size of a report, which fits with its envelope into a notification of PostgreSQL (8000 bytes). */
  nodeReportBytesMax: 7800,
  /** Other nodes whose reports are read, and their reports that wait for the next aggregate. */
  reportingNodesMax: 100,
  waitingReportsMax: 300,
  /** Counting the waiting deliveries for streams takes at most this share of the time. */
  waitingCountShare: 1 / 10,

  // Endpoints
  endpointsPerTenantMax: 1000,
  /**
   * Characters of URL, event types, filters, details, description and headers of all endpoints of a tenant, as JSON. The
   * bound exists because whole tenants are loaded and held in memory.
   */
  endpointCharsPerTenantMax: 4 * mib,
  urlCharsMax: 2048,
  descriptionCharsMax: 1024,
  eventTypesPerEndpointMax: 100,
  filtersPerEndpointMax: 20,
  /** Values of one filter. */
  filterValuesMax: 100,
  /** Characters of the names and values of all filters of an endpoint. */
  filterCharsPerEndpointMax: 10 * kib,
  /** Characters of all details of an endpoint, as JSON. */
  detailCharsPerEndpointMax: 16 * kib,
  secretsPerEndpointMax: 10,
  customHeadersMax: 32,
  customHeaderCharsMax: 4096,
  customHeadersCharsMax: 16 * kib,
  /** API keys of a tenant that are read where its dialect signs with them; those that are revoked count too. */
  signingApiKeysRead: 250,
  secretOverlapMsDefault: day,
  secretOverlapMsMax: 7 * day,
  /** Key pairs of the installation that one dialect publishes. */
  installationKeysMax: 10,
  /** How often a node reads the key pairs again, in case another node has added one. */
  installationKeysReadMs: minute,
  /** How long a new key pair is published before it signs, and how long a replaced one stays published. */
  installationKeyLeadMsDefault: 10 * minute,
  installationKeyLeadMsMax: 7 * day,
  installationKeyOverlapMsDefault: 7 * day,
  installationKeyOverlapMsMax: 90 * day,

  // Caches
  /**
   * Characters of endpoints in memory, with their secrets opened; each tenant and each endpoint counts 1000 more. The
   * least recently used tenants are dropped past the bound.
   */
  cachedEndpointCharsMax: 64 * mib,
  /** Keys in memory, and hashes of keys that callers presented. */
  cachedKeysMax: 50_000,
  /** A presented key of more characters is not kept: it is hashed for each request. */
  cachedKeyCharsMax: 256,
  /** Endpoints whose status is in memory. */
  cachedStatusesMax: 10_000,
  /** The greatest age of a cached status on a shared database: other nodes may have recorded attempts since. */
  statusMs: second,

  // The engine
  /** Concurrent attempts to one endpoint. */
  attemptsPerEndpointMax: 16,
  /** Concurrent attempts of the node. One tenant alone may have half of them (engine/lanes.ts). */
  attemptsInFlightMax: 8192,
  /** An attempt that takes this long narrows the window of its lane, even if it succeeds. */
  slowAttemptMs: 5 * second,
  /** Deliveries that one lane holds in memory; further deliveries wait in the database. */
  laneDeliveriesMax: 1024,
  /** Bytes that all lanes of the node hold in memory; further deliveries wait in the database. */
  lanesBytesMax: 64 * mib,
  /** Bytes that a delivery in memory counts in addition to its event data. */
  heldDeliveryBytes: 512,
  /** A lane takes no delivery while it holds more than this part of the bytes left, so that other lanes find room. */
  laneBytesShare: 1 / 8,
  /** Events and deliveries that wait for a commit; past the bound, events are refused with 503. */
  commitQueueMax: 40_000,
  commitQueueBytesMax: 64 * mib,
  /**
   * Operations of one commit, so that no commit takes long: an event, each of its deliveries, and two for an outcome.
   * Events may be as many again as outcomes.
   */
  commitOperationsMax: 4000,
  /** Endpoints whose waiting deliveries one claim may lease. */
  claimEndpointsMax: 64,
  /** Deliveries of one claim; tenants share them. */
  claimDeliveriesMax: 512,
  /** Due endpoints among which the tenants of a claim take turns: more than one tenant can have. */
  dueEndpointsReadMax: 1500,
  claimPerEndpointMax: 128,
  /** A claim takes no further delivery of an endpoint once the event data of its deliveries has this many bytes. */
  claimPerEndpointBytesMax: mib,
  /** How long until the engine looks again at an endpoint whose lane had no room for all due deliveries. */
  claimAgainMs: second,
  /** Events of the outbox that a claim takes, the bytes of their data, and the tenants that they are of. */
  outboxClaimRows: 512,
  outboxClaimBytes: 8 * mib,
  outboxClaimTenants: 32,
  /** How long until the outbox is looked at again, if no notification arrives, and after a failure. */
  outboxPollMs: 10 * second,
  /** A node that finds events in the outbox twice within `outboxBusyMs` looks at it by itself for `outboxWatchMs`. */
  outboxBusyMs: 50,
  outboxWatchMs: second,
  /** How often it looks then, and how much longer: a commit may take long. */
  outboxLookMs: 10,
  outboxCommitMs: second,
  outboxAgainMs: second,
  /** Events that are taken at once from the outbox in a caller's SQLite file. */
  sqliteOutboxRows: 100,
  /** How often it is checked whether the caller's transaction has ended. */
  sqliteOutboxWaitMs: 2,
  /** How long a stop publishes the events that are committed. */
  sqliteOutboxDrainMs: 2 * second,
  /** The engine looks for due deliveries at least this often, independent of its timers. */
  claimIntervalMs: 10 * second,
  /** Tries of a delivery on which our own code throws, before or after it is sent; then the delivery fails. */
  faultsMax: 3,
  /** How long until a delivery that could not be prepared for sending is tried again. */
  prepareAgainMs: second,
  /** A failure that repeats with each delivery is logged at most once in this time. */
  repeatedFailureMs: minute,
  heartbeatIntervalMs: 3 * second,
  /** A node without a heartbeat for this long trusts nothing in its memory and sends nothing. */
  trustMs: 8 * second,
  /** A node without a heartbeat for this long is declared dead; by then it has stopped sending (`trustMs`). */
  deadAfterMs: 11 * second,
  /**
   * How long a commit or a heartbeat waits for the database; other calls wait three times as long. A node then tries
   * for this long to find out whether a lost commit took effect.
   */
  storeAnswerMs: 10 * second,
  eventMatchesMax: 5,
  /** Nodes that an answer lists. */
  nodesListedMax: 100,
  storeRetryMs: 250,
  storeRetryMsMax: 5 * second,
  /** A node is not ready for this long after a commit failed, unless another one succeeds. */
  writeFailureMs: 10 * second,
  /** Seconds after which a caller may retry when the database is unavailable. */
  unavailableRetrySeconds: 1,
  /** The greatest wait that a receiver may request with Retry-After, for a delivery and as a pause of its endpoint. */
  retryAfterMsMax: day,
  /** The first pause of an endpoint after a 429 without Retry-After; each further one is twice as long, up to the bound. */
  pauseMs: second,
  pauseMsMax: 5 * minute,
  stopMs: 10 * second,
  /** How long a library waits before it starts again after a start that failed. */
  libraryRestartMs: second,
  /** Signals that arrive within this time after the one that started a stop are repeats of it. */
  stopRepeatMs: 2 * second,
  /** How often `npm start` looks whether npm still runs. */
  parentCheckMs: second,
  /** Bytes of log lines that wait while the reader of stdout is slow; past the bound, lines are dropped. */
  logWaitingBytesMax: mib,
  /** Traces of producers that are kept for retries; past the bound, the oldest one is dropped. */
  waitingTracesMax: 10_000,
  /** How long a stop waits until the last spans are exported. */
  lastSpansMs: 3 * second,
  /** How long until a log line is tried again that the reader of stdout was too slow to take. */
  logAgainMs: 50,

  // Polling endpoints
  /** Polls of a node that wait for a delivery, and those of one key. */
  waitingPollsMax: 1000,
  waitingPollsPerCallerMax: 100,
  /** The longest wait of a poll. */
  pollWaitSecondsMax: 30,
  /** How often a node looks for deliveries of the endpoints whose polls wait, and ends the polls whose time is over. */
  pollTickMs: second / 2,
  /** How long a consumer may take to acknowledge what it has fetched. */
  ackSecondsDefault: 60,
  ackSecondsMax: 43_200,
  /** A delivery that is not fetched fails after this share of the retention. It is shown for the rest. */
  unfetchedShare: 9 / 10,

  // Attempts
  responseReadBytesMax: 64 * kib,
  /** Includes status line, headers and chunk framing: 64 KiB of body in chunks of one byte take 384 KiB. */
  responseWireBytesMax: 512 * kib,
  responseKeptCharsMax: 4096,
  errorKeptCharsMax: 500,
  /** The newest deliveries of an endpoint, and their failed attempts, that are read to group its failures. */
  failureDeliveriesMax: 1000,
  failureAttemptsMax: 5000,
  /** Groups of failures that are shown, and the characters of a response that count for a group. */
  failureGroupsMax: 20,
  failureCharsMax: 200,
  idleSocketMs: 4 * second,
  /** The header section of a response. */
  responseHeadBytesMax: 16 * kib,
  /** Interim responses (1xx) before the final one. */
  interimResponsesMax: 100,
  /** A connection to a receiver is replaced at this age, so that it follows changes of the receiver's DNS. */
  connectionAgeMs: minute,
  /** A further address of a receiver is tried after this time, while earlier ones are still connecting (RFC 8305, 5). */
  connectionAttemptDelayMs: 250,
  /** Once a name has an IPv4 address, its IPv6 addresses are waited for no longer (RFC 8305, 3). */
  ipv6AnswerMs: 50,
  /** Receivers whose TLS sessions are kept, for a short handshake the next time. */
  tlsSessionsMax: 1000,
  /** URLs that are kept parsed. */
  parsedUrlsMax: 10_000,
  /** Names of headers of deliveries that are kept judged. */
  headerNamesMax: 1000,
  /** How long this machine's own addresses are cached before its interfaces are read again. */
  ownAddressesMs: 10 * second,

  // The egress proxy
  /** How long the egress proxy may take to accept a connection, and to show that it lives. */
  proxyAnswerMs: 2 * second,
  /** How long until a proxy that is away is tried again. An endpoint waits this long at first, then twice as long … */
  proxyAgainMs: second,
  /** … and at most this long. */
  proxyAgainMsMax: 10 * second,
  /** A proxy that opened a tunnel within this time serves us: a refusal concerns the target. */
  proxyTrustMs: minute,
  /** Endpoints whose wait for the proxy is kept in memory; another endpoint waits for the shortest time. */
  waitingEndpointsMax: 10_000,

  // The SQLite file
  databasePageBytes: 4096,
  /** The write-ahead log is copied into the database file at this size, and is cut to it after it was longer. */
  walBytes: 16 * mib,
  /** Past this size, commits wait for running reads, for up to a second, so that the log can begin again. */
  walBytesMax: 64 * mib,
  /** The check of a file at the start ends after this time: the rest of a large file is not checked. */
  fileCheckMs: 10 * second,
  /** A smaller file is checked without a process of its own. */
  fileCheckedInPlaceBytesMax: 64 * mib,
  /** A backup writes to the disk at least this often. */
  backupFlushMs: 100,
  /** Free pages that one step of retention gives back to the disk. */
  freedPagesStep: 500,
  /** Free pages stay in the file for new events, up to this share of its pages. */
  freePagesShare: 1 / 10,

  /** Pages that one step of overwriting copies of erased rows reads: 16 MiB. */
  scrubStepPages: 4096,
  /** A larger file is not scrubbed when the service stops, but an hour after rows were erased. */
  scrubbedAtStopPages: 16_384,
  scrubIntervalMs: hour,
  /** Scrubs that no erasure waits for take at most this share of the time. */
  scrubShare: 1 / 100,

  // Upkeep
  ...upkeepLimits,
} as const
