// The dialect on a server with the settings for customers: http:// and private networks are not allowed.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { withoutPrivateUrls } from '../../../test/support/shared-service.ts'
import { onOneServer } from '../../../test/conformance/dialects/suite.ts'
import type { Support } from '../../../test/conformance/dialects/support.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'

const profile = profileOf('dialnexa')
const path = '/v1/user-webhooks'
const notValid = { statusCode: 400, message: 'url must be a valid URL', error: 'Bad Request' }

const support: Support = { ...onSqlite, service: () => onSqlite.service(withoutPrivateUrls) }

onOneServer('DialNexa without http:// and private networks', profile, support, (add) => {
  const { api } = profile

  add('a URL that is not https:// is refused as not valid', async (world) => {
    const customer = await world.customer()
    const refused = await customer.ask({ method: 'POST', path, body: api.sample('http://example.com/hook', 0) })
    assert.deepEqual([refused.status, refused.body], [400, notValid])
    const { id } = await customer.endpoint('https://example.com/hook')
    const body = { url: 'http://example.com/hook' }
    const change = await customer.ask({ method: 'PATCH', path: `${path}/${id}`, body })
    assert.deepEqual([change.status, change.body], [400, notValid])
  })

  add('an address that is not public is refused, and the message gives the reason', async (world) => {
    const customer = await world.customer()
    for (const host of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '[::1]', '0x7f.1', 'localhost']) {
      const answer = await customer.ask({ method: 'POST', path, body: api.sample(`https://${host}/`, 0) })
      assert.equal(answer.status, 400, host)
      const { message } = answer.body as { message: string }
      assert.match(message, /^url must be publicly reachable: /, host)
    }
    assert.deepEqual(await customer.list(), [])
  })
})
