// The texts and the code of docs/receiving.md.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { receiverLanguages } from '../src/contracts/recipe.ts'
import { standard } from '../src/dialects/standard/standard.ts'
import { until } from './support/api-rig.ts'
import { endWithParent } from './support/child-guard.ts'
import { newcomerEnv, projectFolder, snippets } from './support/documented.ts'
import { freePort } from './support/server-process.ts'

suite('docs/receiving.md has, of the dialect standard,', () => {
  const page = readFileSync(new URL('../docs/receiving.md', import.meta.url), 'utf8')
  test('its retries and its timeout', () => {
    const { retries, timeoutMs } = standard
    const hours = Math.floor(retries.waitsMs.reduce((sum, wait) => sum + wait, 0) / 3_600_000)
    assert.deepEqual([retries.waitsMs.length + 1, hours, timeoutMs], [10, 75, 20_000])
    assert.match(page, /after 20 seconds/)
    assert.match(page.replaceAll(/\s+/g, ' '), /ten attempts over 75 hours/)
  })

  const [made] = standard.receiving.snippets()
  for (const language of receiverLanguages) {
    test(`the code in ${language}`, () => {
      const [, code] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? []
      assert.equal(code, made?.snippets.find((snippet) => snippet.language === language)?.code)
    })
  }
})

// test/verify/programs.long.ts runs it.
test('packages/verify/README.md has the same code for frameworks', () => {
  const code = snippets('docs/receiving.md').slice(0, 3)
  assert.match(code.join(''), /fastifyPlugin.*export default/s)
  assert.deepEqual(snippets('packages/verify/README.md').slice(1), code)
})

test('the names that pages import from the packages are there', async () => {
  const packages = {
    verify: await import('../packages/verify/src/index.ts'),
    client: await import('../packages/client/src/index.ts'),
  }
  const pages = ['docs/receiving.md', 'packages/verify/README.md', 'packages/client/README.md']
  for (const page of pages) {
    const text = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8')
    const imports = [...text.matchAll(/^import \{ ([^}]*?),? \} from '@?posthorn\/(verify|client)'$/gm)]
    assert.ok(imports.length > 0, page)
    for (const [, names = '', from] of imports) {
      const values = names.split(/,\s+/).filter((name) => !name.startsWith('type '))
      for (const name of values) assert.ok(name in packages[from as keyof typeof packages], `${page}: ${name}`)
    }
    for (const [name] of text.matchAll(/\b\w+(?:Handler|Plugin)(?=\()/g))
      assert.ok(name in packages.verify, `${page}: ${name}`)
  }
})

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

function signedDelivery() {
  const body = JSON.stringify({ type: 'call.ended', timestamp: new Date().toISOString(), data: {} })
  const now = new Date()
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', now, body),
  }
  return { headers, body }
}

test('the handler of docs/receiving.md takes a delivery that is signed, and no other', async (t) => {
  const [code = ''] = snippets('docs/receiving.md', 'typescript')
  const port = await freePort()
  const folder = await projectFolder(t)
  writeFileSync(join(folder, 'receiver.ts'), code.replace('3000', String(port)))
  const receiver = spawn(process.execPath, ['receiver.ts'], {
    cwd: folder,
    env: { ...newcomerEnv, WEBHOOK_SECRET: secret },
    stdio: 'inherit',
  })
  endWithParent(receiver)
  t.after(() => receiver.kill('SIGKILL'))
  const url = `http://127.0.0.1:${port}/webhooks`
  await until(
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    'the receiver listens',
    30_000,
  )
  const { headers, body } = signedDelivery()
  const post = async (text: string) => (await fetch(url, { method: 'POST', headers, body: text })).status
  assert.deepEqual([await post(body), await post(`${body} `)], [204, 401])
})

test('the code for other places takes a delivery that is signed, and no other', async (t) => {
  const folder = await projectFolder(t)
  const { headers, body } = signedDelivery()
  const run = (code: string, text: string) => {
    const given = `const secret = process.env.WEBHOOK_SECRET
      const request = new Request('http://localhost', ${JSON.stringify({ method: 'POST', headers, body: text })})
      const rawBody = await request.clone().bytes()`
    writeFileSync(join(folder, 'program.ts'), `${given}\n${code}`)
    const env = { ...newcomerEnv, WEBHOOK_SECRET: secret }
    return spawnSync(process.execPath, ['program.ts'], { cwd: folder, env, encoding: 'utf8' })
  }
  const [short = ''] = snippets('packages/verify/README.md')
  const one = snippets('docs/receiving.md').at(-1) ?? ''
  const shown = '\nconsole.log(event.type)'
  const [whole, changed] = [run(one + shown, body), run(one + shown, `${body} `)]
  assert.deepEqual([whole.stderr, whole.stdout], ['', 'call.ended\n'])
  assert.match(changed.stderr, /VerificationError/)
  assert.deepEqual([run(short, body).stdout, run(short, body).stderr], ['', ''])
  assert.match(run(short, `${body} `).stdout, /^signature /)
})
