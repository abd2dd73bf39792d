// The curl command, run by a shell with the real curl: the receiver gets the same request as by the sender of deliveries.

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { after, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { createAddressPolicy } from '../net/address-policy.ts'
import { createGuard } from '../net/guard.ts'
import { createSender } from '../net/sender.ts'
import { type RawRequest, startRawReceiver } from '../../test/support/raw-receiver.ts'
import { curlOf } from './curl.ts'

const receiver = await startRawReceiver()
const sender = createSender({ guard: createGuard(createAddressPolicy({ allowNetworks: ['127.0.0.0/8'] })) })
after(async () => {
  await sender.destroy()
  await receiver.close()
})
const shells = ['sh', 'bash'].filter((shell) => spawnSync(shell, ['-c', 'curl --version']).status === 0)

interface Given {
  readonly method?: 'POST' | 'PUT' | 'GET'
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

const cases: Readonly<Record<string, Given>> = {
  'JSON text': { headers: { 'content-type': 'application/json' }, body: '{"a":1}' },
  'quotes of every kind': { body: `'"\`'' "$HOME" $(id) \\' \\\\ !! ;#'` },
  'line feeds, also at the end': { body: '\n{\n "a": 1\n}\n\n' },
  'percent signs and a dash': { body: '-n %s %d\\n%%' },
  'an at sign in front': { body: '@/etc/passwd' },
  'control characters': { body: '\u0001\u001b[31m\t\r\n\u007f\u0085' },
  'letters beyond ASCII': { body: 'é 日本 🎺 \u2028' },
  'bytes that are no text': { body: Buffer.from([0xff, 0xfe, 0, 10, 39, 0]) },
  'no body': { body: '' },
  'no body in a GET': { method: 'GET', body: '' },
  'a body in a PUT': { method: 'PUT', body: 'x' },
  'a body that is longer than an argument may be': { body: `{"a":"${"é'".repeat(200_000)}"}` },
  'headers with quotes and in their case': { headers: { 'X-Own': `it's "$HOME" \\ \`id\` !`, 'user-agent': 'A/1' } },
  'a header with a tab': { headers: { 'X-Own': 'a\tb' } },
  'a header in Latin-1, and one in UTF-8': { headers: { 'X-Own': 'é%s\\', 'X-More': 'é 日本' } },
  'an empty header': { headers: { 'X-Own': '', 'X-More': 'more' } },
  'accept and accept-encoding': { headers: { accept: 'text/plain' } },
  'odd letters in the URL': { path: `/a/{b}/[1-2]/%2e%2e/x'y;z?q=$HOME&r='"#fragment` },
}

for (const shell of shells) {
  suite(`in ${shell}, curl sends`, () => {
    for (const [title, given] of Object.entries(cases)) {
      test(title, async () => {
        const request = {
          method: given.method ?? ('POST' as const),
          url: `${receiver.url}${given.path ?? '/'}`,
          headers: given.headers ?? {},
          body: Buffer.from(given.body ?? '{}'),
        }
        const sent = await receiver.next(() => sender.send({ ...request, timeoutMs: 5000 }, () => {}))
        const headers = sent.headers.map(([name, value]) => [name, request.headers[name] ?? value] as const)
        const command = curlOf({ ...request, headers })
        assert.ok(!/[^\n\P{Cc}]/u.test(command), 'a command has no control characters but line feeds')
        const repeated = await receiver.next(() => run(shell, command))
        assert.deepEqual(comparable(repeated), comparable(sent))
      })
    }
  })
}

test('curl is on the PATH', (t) => {
  if (shells.length === 0) t.skip('curl is not on the PATH')
})

/** Through a file, because an argument of a program is shorter. */
async function run(shell: string, command: string): Promise<void> {
  const child = promisify(execFile)(shell, ['-s'], { maxBuffer: 1e6 })
  child.child.stdin?.end(command)
  await child
}

/** curl writes two headers in another case, and all of them in another order. */
function comparable({ method, path, headers, body }: RawRequest): unknown {
  const lines = headers.map(([name, value]) => `${name.replace(/^(host|content-length)$/i, lower)}: ${value}`)
  return { method, path, headers: lines.toSorted(), body: body.toString('base64') }
}

function lower(name: string): string {
  return name.toLowerCase()
}
