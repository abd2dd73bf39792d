// The values of the statement of a commit (commit-statement.ts): one array for each column of the rows of a batch.

import { cellOf } from '../../domain/statistics.ts'
import { attributesText } from '../first-event.ts'
import { outcomeColumns, phasesText, statusCode } from '../rows.ts'
import type { AttemptSummary, NewEvent, RecordedMove } from '../../contracts/commit-store.ts'
import { withoutNul } from './database.ts'

export type Column = (string | number | boolean | null)[]

export function eventColumns(news: readonly NewEvent[]): Column[] {
  return [
    news.map(({ event }) => event.tenant),
    news.map(({ event }) => event.id),
    news.map(({ event }) => event.type),
    news.map(({ event }) => event.data),
    news.map(({ event }) => attributesText(event)),
    news.map(({ event }) => event.occurredAt),
    news.map(({ event }) => event.acceptedAt),
    news.map(({ deliveries }) => deliveries.length),
    news.map(({ event }) => event.eraseAt ?? null),
    news.map(({ version }) => version),
    news.flatMap(({ test }, index) => (test ? [index + 1] : [])),
  ]
}

export function outboxColumns(news: readonly NewEvent[]): Column[] {
  const published = news.flatMap(({ outbox }, index) =>
    outbox === undefined ? [] : [{ key: outbox, place: index + 1 }],
  )
  return [published.map(({ key }) => key), published.map(({ place }) => place)]
}

export function birthColumns(news: readonly NewEvent[]): Column[] {
  const [ids, endpoints, leased, places]: [Column, Column, Column, Column] = [[], [], [], []]
  for (const [index, { deliveries }] of news.entries()) {
    for (const delivery of deliveries) {
      ids.push(delivery.id)
      endpoints.push(delivery.endpoint)
      leased.push(delivery.leased)
      places.push(index + 1)
    }
  }
  return [ids, endpoints, leased, places]
}

export function moveColumns(moves: readonly RecordedMove[]): Column[] {
  const ended = ({ move, at }: RecordedMove): number | null => (move.to === 'waiting' ? null : at)
  const tried = moves.flatMap(({ delivery, attempt }, index) =>
    attempt === null ? [] : [{ place: index + 1, delivery, attempt, ...outcomeColumns(attempt.outcome) }],
  )
  return [
    moves.map(({ delivery }) => delivery),
    moves.map(({ move }) => statusCode[move.to === 'waiting' ? 'pending' : move.to]),
    moves.map(({ attempt }) => attempt?.number ?? null),
    moves.map(({ move }) => (move.to === 'waiting' ? move.dueAt : null)),
    moves.map(({ move }) => ('reason' in move ? move.reason : null)),
    moves.map(ended),
    moves.map(({ attempt, move }) => cellOf(attempt, move.to)),
    tried.map(({ place }) => place),
    tried.map(({ delivery }) => delivery),
    tried.map(({ attempt }) => attempt.number),
    tried.map(({ attempt }) => attempt.startedAt),
    tried.map(({ attempt }) => attempt.durationMs),
    tried.map(({ attempt }) => attempt.outcome.kind),
    tried.map(({ status }) => status),
    tried.map(({ detail }) => withoutNul(detail)),
    tried.map(({ attempt }) => withoutNul(attempt.response)),
    tried.map(({ attempt }) => (attempt.exchange === undefined ? null : JSON.stringify(attempt.exchange))),
    tried.map(({ attempt }) => attempt.connections ?? null),
    tried.map(({ attempt }) => attempt.requestCrc ?? null),
    tried.map(({ attempt }) => (attempt.phases === undefined ? null : phasesText(attempt.phases))),
  ]
}

export function summaryColumns(summaries: readonly AttemptSummary[]): Column[] {
  return [
    summaries.map(({ endpoint }) => endpoint),
    summaries.map(({ attempts }) => attempts),
    summaries.map(({ lastAttemptAt }) => lastAttemptAt),
    summaries.map(({ lastAttemptSucceeded }) => lastAttemptSucceeded),
    summaries.map(({ lastOutcome }) => JSON.stringify(lastOutcome)),
    summaries.map(({ health }) => health !== undefined),
    summaries.map(({ health }) => health ?? null),
    summaries.map(({ expectedHealth }) => expectedHealth),
    summaries.map(({ pausedUntil }) => pausedUntil !== undefined),
    summaries.map(({ pausedUntil }) => pausedUntil ?? null),
  ]
}
