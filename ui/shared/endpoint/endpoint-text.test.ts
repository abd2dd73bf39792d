import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpointText } from './endpoint-text.ts'

test('an endpoint of a delivery has the host of its URL, and one without a URL is polled', () => {
  for (const [endpointUrl, text] of [
    ['https://shop.example.com/in', 'shop.example.com · ep_1'],
    [null, 'polled · ep_1'],
  ] as const) {
    assert.equal(endpointText({ endpoint: 'ep_1', endpointUrl }), text)
  }
})
