// Every field of tenants, keys and events: absent, of the wrong type, at its limit and past it. An error names the
// field.

import { after } from 'node:test'
import { absent, noText, noTime, testForms, textMap, texts, time } from '../../test/support/api-form.ts'
import { eventType, fresh, shareApiRig } from '../../test/support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())

const tenant = await rig.tenant('standard')

testForms(rig, [
  {
    name: 'a tenant',
    method: 'POST',
    path: '/v1/tenants',
    status: 201,
    valid: () => ({ id: fresh('t'), dialect: 'standard', name: 'A' }),
    required: ['dialect'],
    good: { id: [absent, fresh('x').padEnd(64, 'x'), 'A.b_c-1'], name: [absent, null, '', 'n'.repeat(255)] },
    bad: {
      id: [...noText, [null], [''], ['x'.repeat(65)], ['a b'], ['a/b'], ['é'], ['a\n'], ['.'], ['..']],
      dialect: [...noText, [null], ['none'], [''], ['Standard'], ['__proto__']],
      name: [...noText, ['n'.repeat(256)]],
      settings: [[null], [[]], [{ a: 'b' }, 'settings.a']],
    },
  },
  {
    name: 'a change of a tenant',
    method: 'PATCH',
    path: `/v1/tenants/${tenant.id}`,
    status: 200,
    valid: () => ({ name: 'B' }),
    required: [],
    good: { name: [absent, null, '', 'n'.repeat(255)], settings: [{}] },
    bad: { name: [...noText, ['n'.repeat(256)]], settings: [[null], [[]], ['a'], [{ a: 'b' }, 'settings.a']] },
  },
  {
    name: 'a key',
    method: 'POST',
    path: '/v1/keys',
    status: 201,
    valid: () => ({ tenants: [tenant.id] }),
    required: ['tenants'],
    good: { tenants: [[tenant.id, tenant.id]], scopes: [absent, []], name: [null, 'n'.repeat(255)] },
    bad: {
      tenants: [
        [null],
        ['a'],
        [[]],
        [[1], 'tenants.0'],
        [[tenant.id, tenant.id, 'no-such'], 'tenants.2'],
        [Array.from({ length: 1001 }, () => tenant.id)],
      ],
      scopes: [[null], ['x'], [['x'], 'scopes.0'], [[1], 'scopes.0'], [texts(101)]],
      role: [...noText, [null], ['admin']],
      name: [...noText, ['n'.repeat(256)]],
    },
  },
  {
    name: 'an event',
    method: 'POST',
    path: '/v1/events',
    status: 202,
    valid: () => ({ tenant: tenant.id, type: eventType, data: {} }),
    required: ['tenant', 'type', 'data'],
    good: {
      type: ['x', 'x'.repeat(128), 'any thing \u0001'],
      id: ['-', fresh('e').padEnd(64, '_')],
      attributes: [{}, textMap(20), { ['x'.repeat(256)]: 'y'.repeat(256) }],
      occurredAt: [time, '1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z'],
    },
    bad: {
      tenant: [...noText, [null], ['no-such'], [''], ['x'.repeat(65)]],
      type: [...noText, [null], [''], ['x'.repeat(129)], ['any thing \u0000']],
      data: [[1], ['{}'], [null], [true], [[]]],
      id: [...noText, [null], [''], ['a.b'], ['a b'], ['x'.repeat(65)], ['é']],
      attributes: [
        [null],
        [[]],
        ['a'],
        [textMap(21)],
        [{ a: 1 }, 'attributes.a'],
        [{ a: null }, 'attributes.a'],
        [{ a: 'y'.repeat(257) }, 'attributes.a'],
        [{ ['x'.repeat(257)]: '' }, `attributes.${'x'.repeat(257)}`],
      ],
      occurredAt: noTime,
    },
  },
  {
    name: 'a batch',
    method: 'POST',
    path: '/v1/events/batch',
    status: 202,
    valid: () => ({ events: [{}] }),
    required: ['events'],
    good: { events: [[1], [null], [[]], Array.from({ length: 1000 }, () => ({}))] },
    bad: { events: [[null], [{}], [[]], [Array.from({ length: 1001 }, () => ({}))]] },
  },
])
