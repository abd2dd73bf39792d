// The call in a test event: it has every field that the vendor requires of a call, with values that fit the event type.

import type { Endpoint } from 'posthorn/dialect'
import { isoMicroseconds } from 'posthorn/dialect'

const minute = 60_000

/** The call's times are those of the endpoint, so that the same endpoint always gets the same call. */
export function sampleCall(endpoint: Pick<Endpoint, 'createdAt' | 'filters'>, eventType: string): object {
  const joined = eventType !== 'call.started'
  const ended = joined && eventType !== 'call.joined'
  const billed = eventType === 'call.billed'
  const agentId = endpoint.filters['agentId'] ?? null
  return {
    callId: '00000000-0000-4000-8000-000000000000',
    clientVersion: null,
    created: `${isoMicroseconds(endpoint.createdAt)}Z`,
    joined: joined ? `${isoMicroseconds(endpoint.createdAt)}Z` : null,
    ended: ended ? `${isoMicroseconds(endpoint.createdAt + minute)}Z` : null,
    endReason: ended ? 'hangup' : null,
    billedDuration: billed ? '60s' : null,
    billingStatus: billed ? 'BILLING_STATUS_BILLED' : 'BILLING_STATUS_PENDING',
    firstSpeaker: 'FIRST_SPEAKER_AGENT',
    firstSpeakerSettings: { agent: {} },
    initialOutputMedium: 'MESSAGE_MEDIUM_VOICE',
    joinUrl: null,
    shortSummary: null,
    summary: null,
    agent: agentId === null ? null : { agentId, name: 'Test' },
    agentId,
    experimentalSettings: {},
    metadata: { test: 'true' },
    initialState: {},
    requestContext: {},
    sipDetails: null,
  }
}
