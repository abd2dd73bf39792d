// Allo delivers only over https. The server of the other tests allows http, because their receiver uses http.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Context } from '../../operations/context.ts'
import { endpointFaults } from '../../operations/endpoint-rules.ts'
import definedAllo from './allo.ts'

const { dialect: allo } = definedAllo

const context = { allowHttp: false, egress: { refusesUrl: () => null } } as unknown as Context

for (const url of ['http://example.com/', 'HTTP://example.com/', 'ws://example.com/', 'file:///etc/passwd']) {
  test(`${url} is refused, and the message says that an https URL is needed`, () => {
    const [fault, ...others] = endpointFaults(context, allo, { url })
    assert.equal(others.length, 0)
    assert.equal(fault?.field, 'url')
    assert.match(fault?.message ?? '', /https:\/\/ URL|valid URL/)
  })
}

test('an https URL with any path, query and port is accepted', () => {
  for (const url of ['https://example.com', 'https://example.com:8443/a/b?c=d&e=%20', 'HTTPS://EXAMPLE.com/']) {
    assert.deepEqual(endpointFaults(context, allo, { url }), [])
  }
})
