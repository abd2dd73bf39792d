// What an endpoint's URL may be, as in production: no http, no network opened. A bad one is refused with a fault that
// names the field, in every spelling; that it resolves to a public address is checked again at each attempt.

import { after, suite } from 'node:test'
import { type ApiCase, testCases } from '../../test/support/api-case.ts'
import { eventType, startApiRig } from '../../test/support/api-rig.ts'

const rig = await startApiRig({ POSTHORN_ALLOW_HTTP: 'off', POSTHORN_ALLOW_NETWORKS: '' })
after(() => rig.close())

const good = [
  'https://example.com',
  'https://example.com/hook?a=b&c=%20',
  'HTTPS://EXAMPLE.COM/',
  'https://example.com.:8443/',
  'https://8.8.8.8/',
  'https://[2606:4700::1111]/',
  'https://bücher.example/',
  `https://example.com/${'x'.repeat(2048 - 'https://example.com/'.length)}`,
  // A name: what it resolves to is seen at each attempt.
  'https://localtest.me/',
]

const bad = {
  'no https': [
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:,x',
    'wss://example.com/',
  ],
  'no URL': [
    '',
    ' ',
    'example.com',
    '//example.com',
    '/hook',
    'https://',
    'https:///',
    'https://?',
    'https://:443/',
    'https://[',
    'https://[::1',
    'https://a b/',
    'https://exa mple.com/',
    'https://example.com:99999/',
    'https://%/',
    'https://example.com\\@evil.com/',
    'https://example.com/\0',
    'https://example.com/\r\nHost: x',
    '\u00a0https://example.com/',
    'https://1.2.3.4.5/',
    'https://256.1.1.1/',
  ],
  credentials: [
    'https://user@example.com/',
    'https://user:pw@example.com/',
    'https://:pw@example.com/',
    'https://example.com@127.0.0.1/',
  ],
  'a fragment': ['https://example.com/#a', 'https://example.com#x?y'],
  'port 0': ['https://example.com:0/', 'https://example.com:000/'],
  'too long': [
    `https://example.com/${'x'.repeat(2049 - 'https://example.com/'.length)}`,
    `https://example.com/${'x'.repeat(100_000)}`,
  ],
  'this machine': [
    'https://localhost/',
    'https://LOCALHOST./',
    'https://a.localhost/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://127.0.0.1./',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://0/',
    'https://0.0.0.0/',
    'https://[::1]/',
    'https://[::]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://①②⑦.⓪.⓪.①/',
    'https://127。0。0。1/',
    'https://%31%32%37.0.0.1/',
  ],
  'a private network': [
    'https://10.0.0.1/',
    'https://10.1/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.168.1.1/',
    'https://0xc0a80101/',
    'https://3232235777/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[fec0::1]/',
    'https://router.local/',
    'https://metadata.google.internal/',
    'https://nas.home.arpa/',
  ],
  'IPv4 within IPv6': [
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::127.0.0.1]/',
    'https://[2002:7f00:1::]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[64:ff9b:1::a00:1]/',
    'https://[2001:0:7f00:1::]/',
    'https://[::ffff:0:7f00:1]/',
  ],
  'no public unicast': [
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://240.0.0.1/',
    'https://192.0.2.1/',
    'https://198.51.100.1/',
    'https://203.0.113.1/',
    'https://198.18.0.1/',
    'https://192.0.0.1/',
    'https://[ff02::1]/',
    'https://[2001:db8::1]/',
    'https://[100::1]/',
    'https://[4000::1]/',
  ],
} as const

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
  for (const [what, urls] of Object.entries(bad)) {
    suite(`${dialect} refuses ${what}`, () =>
      testCases(
        rig,
        urls.flatMap((url): ApiCase[] => {
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
