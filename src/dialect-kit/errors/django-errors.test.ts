import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { FieldError } from '../../domain/problem.ts'
import type { AskedRequest } from '../../http/front.ts'
import { djangoErrors } from './django-errors.ts'

const request: AskedRequest = { id: 'req_1', method: 'POST', url: '/hooks', headers: {}, body: {} }
const answer = djangoErrors({ uuids: ['agent'], lists: ['events'] }).answerWith((field) => field)
const odd = { rule: 'format', message: 'must not contain NUL' } as const
const bodyOf = (...fields: readonly FieldError[]) => answer({ kind: 'invalid', where: 'body', fields }, request).body

suite('the messages of a field', () => {
  const cases: Readonly<Record<string, readonly [faults: readonly FieldError[], body: object]>> = {
    'stand by index in a list': [
      [{ field: 'events.2', rule: 'choice', message: '', value: 'a' }],
      { events: { 2: ['"a" is not a valid choice.'] } },
    ],
    'replace those of its items': [
      [
        { field: 'events.0', rule: 'choice', message: '', value: 'a' },
        { field: 'events', rule: 'required', message: '' },
      ],
      { events: ['This field is required.'] },
    ],
    'stand at the field, if there is an object in place of a list': [
      [{ field: 'events.__proto__', ...odd }],
      { events: ['Must not contain NUL.'] },
    ],
    'stand at the field, if there is an object in place of a text': [
      [{ field: 'url.0', ...odd }],
      { url: ['Must not contain NUL.'] },
    ],
    'stand at the field, if there is an object in place of a UUID': [
      [{ field: 'agent.0', ...odd }],
      { agent: ['Must be a valid UUID.'] },
    ],
  }
  for (const [title, [faults, body]] of Object.entries(cases)) {
    test(title, () => assert.deepEqual(bodyOf(...faults), body))
  }
})
