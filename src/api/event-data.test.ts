// `data` is passed on byte for byte, to the receiver and to callers that read the event.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { eventType, fresh, shareApiRig } from '../../test/support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())

const tenants = [await rig.tenant('standard'), await rig.tenant('allo')]

const samples: readonly { readonly what: string; readonly data: string }[] = [
  { what: 'an integer that a double cannot hold', data: '{"n":12345678901234567890}' },
  { what: 'decimals with zeros', data: '{"n":1.0,"m":-0.0,"e":1E+2}' },
  { what: 'numbers beyond the largest double', data: '{"n":1e400,"m":-1e400}' },
  { what: 'a number with many digits', data: '{"n":0.1000000000000000055511151231257827}' },
  { what: 'duplicate keys', data: '{"a":1,"a":2}' },
  { what: 'keys that look like integers', data: '{"b":1,"2":1,"a":1,"1":1}' },
  { what: 'emoji', data: '{"😀":"👩‍👩‍👧"}' },
  { what: 'escapes', data: String.raw`{"\u0061":"\u0000\u001f\/\"\\\ud83d\ude00\ud800"}` },
  { what: 'white space', data: '{ "a" :\t[ 1 ,\r\n2 ] }' },
  { what: 'keys named like properties of Object.prototype', data: '{"__proto__":{"x":1},"constructor":null}' },
  { what: 'keys named like fields of the event', data: '{"data":{"data":1},"tenant":"x","type":"y"}' },
  { what: 'braces in strings', data: String.raw`{"a":"}","b":"]\"}","c":"\\"}` },
  { what: 'line separators', data: '{"a":"\u2028\u2029\u007f"}' },
  { what: 'an empty object', data: '{}' },
]

for (const tenant of tenants) {
  for (const { what, data } of samples) {
    test(`${tenant.dialect} passes on ${what}`, async () => {
      const endpoint = await rig.endpoint(tenant)
      const [id, inBatch] = [fresh('one'), fresh('batch')]
      const event = (own: string): string =>
        `{"type":"${eventType}","id":"${own}","data":${data},"tenant":"${tenant.id}"}`
      await rig.want(202, { method: 'POST', path: '/v1/events', raw: event(id) })
      const raw = `{"events": [ {}, ${event(inBatch)} ,"}"]}`
      await rig.want(202, { method: 'POST', path: '/v1/events/batch', raw })

      const arrived = await rig.received(endpoint.path, 2)
      for (const { body } of arrived) {
        assert.ok(body.toString().endsWith(`,"data":${data}}`), body.toString())
        assert.equal(
          (JSON.parse(body.toString()) as { type?: string; topic?: string })[
            tenant.dialect === 'allo' ? 'topic' : 'type'
          ],
          eventType,
        )
      }
      for (const own of [id, inBatch]) {
        const { text } = await rig.ask({ path: `/v1/events/${own}?tenant=${tenant.id}` })
        assert.ok(text.includes(`"data":${data}`), text)
      }
      const { text } = await rig.ask({ path: `/v1/events?tenant=${tenant.id}&limit=1` })
      assert.ok(text.includes(`"data":${data}`), text)
      await rig.want(204, { method: 'DELETE', path: `/v1/tenants/${tenant.id}/endpoints/${endpoint.id}` })
    })
  }
}

test('the last of two members with one name counts, both in the parsed fields and in the text', async () => {
  const [tenant] = tenants
  assert.ok(tenant !== undefined)
  const endpoint = await rig.endpoint(tenant)
  const raw = String.raw`{"data":{"n":1},"tenant":"${tenant.id}","type":"x","d\u0061ta":{"n":2},"type":"${eventType}"}`
  await rig.want(202, { method: 'POST', path: '/v1/events', raw })
  const [first] = await rig.received(endpoint.path, 1)
  assert.ok(first?.body.toString().endsWith(`,"data":{"n":2}}`))
})

test('data with the same value in another spelling is other content: the bytes are compared', async () => {
  const [tenant] = tenants
  assert.ok(tenant !== undefined)
  const event = (id: string, data: string): string => `{"tenant":"${tenant.id}","type":"x","id":"${id}","data":${data}}`
  const id = fresh('spelling')
  await rig.want(202, { method: 'POST', path: '/v1/events', raw: event(id, '{"n":1}') })
  await rig.want(409, { method: 'POST', path: '/v1/events', raw: event(id, '{"n":1.0}') })
  await rig.want(200, { method: 'POST', path: '/v1/events', raw: event(id, '{"n":1}') })
})
