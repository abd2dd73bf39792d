// The bounds of work that is done beside events: retention, erasures, replays, statistics.

import { day, hour, minute, second } from './time.ts'

const kib = 1024
const mib = 1024 * kib

/** A part of `limits`. */
export const upkeepLimits = {
  /** The longest time that a tenant or an event may name: ten years. */
  retainSecondsMax: 315_360_000,
  retentionStepRows: 1000,
  /** Tenants with a time of their own that one step looks at. */
  retentionStepTenants: 20,
  retentionIntervalMs: minute,
  /** The log says at most once in this time that retention has removed rows. */
  retentionLogMs: hour,
  sweepIntervalMs: minute,
  bulkStepRows: 1000,
  /** Deliveries, events or answers that one step of an erasure removes, and the bytes of events after which it ends. */
  eraseStepRows: 100,
  eraseStepBytes: 4 * mib,
  /** After each step of an erasure, or of replays, its node pauses so many times as long as the step took. */
  stepPauses: 4,
  eraseIntervalMs: minute,
  /** How long until an erasure is continued that waits for attempts in flight, or for readers. */
  eraseAgainMs: second,
  /** How long until an event with erased data is looked at again: an attempt in flight may record a response. */
  eraseHeldAgainMs: minute,
  /** Events with erased data in a list of the node, so that it does not send deliveries of them that it has in memory. */
  erasedEventsMax: 10_000,
  /** Replays of endpoints that run on a node, one step of each in turn; further ones are refused with 503. */
  replaysAtOnceMax: 16,
  /** Replays of one tenant that run, so that no tenant takes the places of all others. Previews are bounded apart. */
  replaysPerTenantMax: 4,
  replayPreviewsPerTenantMax: 20,
  /** How long the preview of a replay can be started. */
  replayPreviewMs: hour,
  /** How long a replay that has ended is shown. */
  replayKeptMs: 30 * day,
  /** Deliveries that a replay sends in a second. */
  replayRateDefault: 50,
  replayRateMax: 1000,
  /** A step of a replay sends the deliveries of this time. */
  replayStepMs: 250,
  /** Deliveries, or events, that a step of a replay reads while it counts. An endpoint without deliveries counts as ten rows. */
  replayStepRows: 1000,
  replayStepEndpointRows: 10,
  /** Those of a step that sends. */
  replaySendRows: 250,
  /** Pairs of an event and an endpoint that one step compares with the deliveries; an event can have 1000. */
  replayStepPairs: 4000,
  /** Replays that take turns, one step each. */
  replaysInTurnMax: 64,
  /** How long until a replay is looked at again whose step another node has run, or has failed. */
  replayAgainMs: second,
  /** No step waits longer; a later time is one of a clock that was set back. */
  replayWaitMsMax: 2 * second,
  /** How often a node looks for replays that no node continues. */
  replayIntervalMs: 5 * second,
  /** Endpoints of a replay whose counts are shown, the largest ones. */
  replayEndpointsShown: 20,
  /** How often the counts of commits are joined: a reading of statistics reads all that are not. */
  statsGatherMs: 10 * second,
  /** How often joined counts are moved to the rollups: each row of them changes at most once in this time. */
  statsFoldMs: minute,
  /** Commits whose counts one step joins, and the characters of counts after which it ends. */
  statsGatherRows: 256,
  statsStepChars: 128 * kib,
  /** Endpoints, or event types of tenants, whose counts one step moves; each changes a few rows. */
  statsFoldRows: 100,
  /** Endpoints and tenants whose places one step of a fold looks up. */
  statsPlacesRead: 2000,
  /** Series in an answer with statistics. */
  statsSeriesMax: 20,
  /** Steps of the range in a question for statistics: two days by minute, or four months by hour. */
  statsPointsMax: 3000,
  /** Tenants, endpoints or event types among which the largest are chosen exactly. */
  statsRankedMax: 10_000,
  /** Operational events of one type about one endpoint in a minute; further ones are counted. */
  toldPerMinute: 10,
  /** How often it is looked for those that were left out, and how many of them one step tells. */
  tellLeftOutMs: minute / 4,
  tellStepRows: 250,
  /** Log lines of a node about changes of one type in a minute; further ones are counted. */
  changeLinesPerMinute: 10,
  /** Endpoints, or API keys, that one step of a master key rotation seals again. */
  rotationStepRows: 100,
  /** How long until an unfinished rotation looks again for values that are sealed with another master key. */
  rotationAgainMs: minute,
} as const
