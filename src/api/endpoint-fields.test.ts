// Every field of endpoints, of rotations and of replays: absent, of the wrong type, at its limit and past it.

import { after } from 'node:test'
import { absent, noTime, testForms, textMap, texts, time } from '../../test/support/api-form.ts'
import { shareApiRig } from '../../test/support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())

const tenant = await rig.tenant('standard')
const { id: endpoint } = await rig.endpoint(tenant)
/** An endpoint that no case disables. */
const { id: enabled } = await rig.endpoint(tenant)

const secret = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`
const endpointGood = {
  eventTypes: [['*'], ['invoice.*'], texts(100), ['a', 'a'], ['x'.repeat(128)]],
  filters: [{}, textMap(20), { ['x'.repeat(256)]: 'y'.repeat(256) }, { __proto__x: '' }],
  description: [null, '', 'd'.repeat(1024), '\u0001 \ud83d\ude00'],
  enabled: [true, false],
  headers: [{}, textMap(32), { 'X-A': 'v'.repeat(4096) }],
  secrets: [[secret(24)], [secret(64)], [secret(32).slice(6)], Array.from({ length: 10 }, () => secret(24))],
}
const endpointBad = {
  url: [[1], [null], [''], ['no url']],
  eventTypes: [
    ['*'],
    [null],
    [{}],
    [[]],
    [texts(101)],
    [[1], 'eventTypes.0'],
    [['a', ''], 'eventTypes.1'],
    [['x'.repeat(129)], 'eventTypes.0'],
  ],
  filters: [
    [null],
    [[]],
    ['a'],
    [{ a: 1 }, 'filters.a'],
    [textMap(21)],
    [{ ['x'.repeat(257)]: '' }, `filters.${'x'.repeat(257)}`],
  ],
  description: [[1], ['d'.repeat(1025)]],
  enabled: [[null], ['true'], [1]],
  headers: [
    [null],
    [{ a: 1 }, 'headers.a'],
    [textMap(33)],
    [{ a: 'v'.repeat(4097) }, 'headers.a'],
    [textMap(5, 'v'.repeat(4000))],
  ],
  secrets: [
    [null],
    ['whsec_'],
    [[]],
    [Array.from({ length: 11 }, () => secret(24))],
    [[1], 'secrets.0'],
    [[secret(24), secret(23)], 'secrets.1'],
    [[secret(65)], 'secrets.0'],
    [['whsec_not base64!'], 'secrets.0'],
    [[''], 'secrets.0'],
  ],
} as const

testForms(rig, [
  {
    name: 'a new endpoint',
    method: 'POST',
    path: `/v1/tenants/${tenant.id}/endpoints`,
    status: 201,
    valid: () => ({ url: `${rig.receiver.url}/x`, eventTypes: ['a'] }),
    required: ['url', 'eventTypes'],
    good: endpointGood,
    bad: endpointBad,
  },
  {
    name: 'a change of an endpoint',
    method: 'PATCH',
    path: `/v1/tenants/${tenant.id}/endpoints/${endpoint}`,
    status: 200,
    valid: () => ({}),
    required: [],
    good: endpointGood,
    bad: endpointBad,
  },
  {
    name: 'a rotation',
    method: 'POST',
    path: `/v1/tenants/${tenant.id}/endpoints/${endpoint}/rotate-secret`,
    status: 200,
    valid: () => ({}),
    required: [],
    good: { overlapSeconds: [absent, 0, 604_800] },
    bad: { overlapSeconds: [[null], ['1'], [-1], [0.5], [604_801], [1e300]] },
  },
  {
    name: 'a replay',
    method: 'POST',
    path: `/v1/tenants/${tenant.id}/endpoints/${enabled}/replay`,
    status: 202,
    valid: () => ({ since: '2026-01-01T00:00:00Z' }),
    required: ['since'],
    good: { since: [time], until: [absent, '2027-01-01T00:00:00Z'], status: ['failed', 'delivered', 'cancelled'] },
    bad: {
      since: noTime,
      until: [...noTime, ['2025-12-31T23:59:59Z']],
      status: [[null], ['gone'], [1]],
    },
  },
])
