// The texts and the code of docs/receiving.md.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { receiverLanguages } from '../src/contracts/recipe.ts'
import { standard } from '../src/dialects/standard/standard.ts'
import { until } from './support/api-rig.ts'
import { endWithParent } from './support/child-guard.ts'
import { newcomerEnv, repository, snippets } from './support/documented.ts'
import { runFolder } from './support/serve-run.ts'
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

test('the handler of docs/receiving.md takes a delivery that is signed, and no other', async (t) => {
  const page = readFileSync(join(repository, 'docs/receiving.md'), 'utf8')
  const code = [...page.matchAll(/^```typescript\n([^]*?)^```$/gm)].map(([, block = '']) => block)
  const port = await freePort()
  const folder = await runFolder(t)
  for (const name of ['src', 'packages', 'node_modules']) symlinkSync(join(repository, name), join(folder, name))
  copyFileSync(join(repository, 'package.json'), join(folder, 'package.json'))
  writeFileSync(join(folder, 'receiver.ts'), code[0]?.replace('3000', String(port)) ?? '')
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
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
  const body = JSON.stringify({ type: 'call.ended', timestamp: new Date().toISOString(), data: {} })
  const now = new Date()
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', now, body),
  }
  const post = async (text: string) => (await fetch(url, { method: 'POST', headers, body: text })).status
  assert.deepEqual([await post(body), await post(`${body} `)], [204, 401])
})
