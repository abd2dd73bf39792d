// The URLs that an endpoint may have, with the settings of production: no http, no opened networks. A bad URL is
// refused in every spelling, with an error that names the field. Each attempt checks again that the host resolves to a
// public address.

import { after, suite } from 'node:test'
import { type ApiCase, testCases } from '../../test/support/api-case.ts'
import egress from '../../test/vectors/egress.json' with { type: 'json' }
import { eventType, shareApiRig } from '../../test/support/api-rig.ts'
import { withoutPrivateUrls } from '../../test/support/shared-service.ts'

const rig = await shareApiRig(withoutPrivateUrls)
after(() => rig.close())

const { urls, addresses } = egress
const good = [...urls.accepted, `https://example.com/${'x'.repeat(2048 - 'https://example.com/'.length)}`]
const bad = {
  ...urls.refused,
  'http if https is required': ['http://example.com/'],
  'a URL that is too long': [
    `https://example.com/${'x'.repeat(2049 - 'https://example.com/'.length)}`,
    `https://example.com/${'x'.repeat(100_000)}`,
  ],
  'an address that is not public': Object.values(addresses.refused)
    .flat()
    .map((address) => `https://${address.includes(':') ? `[${address}]` : address}/`),
}

for (const dialect of ['standard', 'allo']) {
  const tenant = await rig.tenant(dialect)
  const path = `/v1/tenants/${tenant.id}/endpoints`
  const create = (url: string) => ({ method: 'POST', path, body: { url, eventTypes: [eventType] } }) as const
  const { id } = await rig.want(201, create('https://example.com/'))
  const shown = (url: string): string => JSON.stringify(url.slice(0, 60))

  suite(`${dialect} accepts`, () =>
    testCases(
      rig,
      good.map((url): ApiCase => ({ ...create(url), name: shown(url), status: 201, has: [JSON.stringify(url)] })),
    ),
  )
  for (const [what, list] of Object.entries(bad)) {
    suite(`${dialect} refuses ${what}`, () =>
      testCases(
        rig,
        list.flatMap((url): ApiCase[] => {
          const refusal = { status: 400, code: 'invalid', fields: ['url'] } as const
          const change = { method: 'PATCH', path: `${path}/${id}`, body: { url } } as const
          return [
            { ...create(url), ...refusal, name: shown(url) },
            { ...change, ...refusal, name: `${shown(url)} in a change` },
          ]
        }),
      ),
    )
  }
}
