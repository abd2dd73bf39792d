import type { ReactNode } from 'react'
import type { Attempt } from '../types.ts'
import styles from './Status.module.css'

export type Tone = 'good' | 'bad' | 'warn' | 'plain' | 'accent'

/** A word for a state, with a colour and a mark, so that the colour is not the only difference. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return <span className={`${styles.badge} ${styles[tone]}`}>{children}</span>
}

const deliveryTones: Readonly<Record<string, Tone>> = {
  delivered: 'good',
  failed: 'bad',
  pending: 'accent',
  cancelled: 'plain',
}

export function DeliveryStatus({ status, attempts }: { readonly status: string; readonly attempts?: number }) {
  const isFailing = status === 'pending' && attempts !== undefined && attempts > 0
  return <Badge tone={isFailing ? 'warn' : (deliveryTones[status] ?? 'plain')}>{isFailing ? 'failing' : status}</Badge>
}

type Outcome = Attempt['outcome']

/** The outcomes of attempts in words. */
export const outcomes: Readonly<Record<Outcome, { readonly name: string; readonly tone: 'good' | 'bad' | 'warn' }>> = {
  delivered: { name: 'delivered', tone: 'good' },
  rejected: { name: 'rejected', tone: 'bad' },
  timedOut: { name: 'timed out', tone: 'warn' },
  unreachable: { name: 'unreachable', tone: 'bad' },
  blocked: { name: 'blocked', tone: 'bad' },
}

export function OutcomeBadge({ outcome, status }: { readonly outcome: Outcome; readonly status: number | null }) {
  const { name, tone } = outcomes[outcome]
  return (
    <Badge tone={tone}>
      {name}
      {status !== null && ` · ${status}`}
    </Badge>
  )
}

export interface HealthProps {
  readonly enabled: boolean
  readonly health: { readonly status: string; readonly reason: string | null }
}

export function Health({ enabled, health }: HealthProps) {
  const tone: Tone = !enabled ? 'plain' : health.status === 'healthy' ? 'good' : 'bad'
  return (
    <span title={health.reason ?? undefined}>
      <Badge tone={tone}>{enabled ? health.status : 'disabled'}</Badge>
    </span>
  )
}
