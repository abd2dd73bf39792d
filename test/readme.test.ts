// README.md's "Try it", as a newcomer pastes it: the very lines, in bash, in a fresh copy of the project. Only the two
// ports are replaced, by free ones. Then the demo.

import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { until } from './support/api-rig.ts'
import { freePort } from './support/server-process.ts'

const repository = resolve(import.meta.dirname, '..')
/** npm's own variables, and the settings of whoever runs the tests, are not a newcomer's. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|POSTHORN_|NODE_)/i.test(name) && name !== 'INIT_CWD'),
)

test('"Try it" ends with a delivered delivery', { skip: whyNot(), timeout: 120_000 }, async (t) => {
  const folder = copyOfProject(t)
  const ports = { 4080: await freePort(), 4090: await freePort() }
  const lines = commandLines('Try it').map((line) =>
    line.replaceAll('4080', String(ports[4080])).replaceAll('4090', String(ports[4090])),
  )
  const [start = '', receiver = '', ...pasted] = lines
  assert.match(start, /npm start$/)
  assert.match(receiver, /createServer/)
  background(t, folder, `POSTHORN_PORT=${ports[4080]} ${start}`)
  const received = background(t, folder, receiver)
  await until(() => answers(`http://127.0.0.1:${ports[4080]}/healthz`), 'the service serves', 30_000)
  // The receiver answers anything, so asking it is no different from a delivery: its "ready" is not in the count.
  await until(() => answers(`http://127.0.0.1:${ports[4090]}/`), 'the receiver serves', 30_000)

  // The newcomer takes a moment between posting and looking.
  const look = pasted.pop() ?? ''
  assert.match(look, /\/v1\/deliveries/)
  const script = `set -e\n${pasted.join('\n')}\nsleep 1\n${look}\n`
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env })
  const deliveries = stdout.slice(stdout.lastIndexOf('{"data":['))
  assert.match(deliveries, /"eventType":"call\.received","status":"delivered"/, stdout)
  await until(() => received().includes('+33612345678'), 'the receiver shows what came')
  assert.match(received(), /'webhook-signature': 'v1,/)
})

test('the demo ends well', { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['examples/demo.ts'], { cwd: repository, env })
  assert.match(stdout.trimEnd().split('\n').at(-1) ?? '', /^Every signature verified.* Done\.$/)
})

/** Why the first test cannot run here; false: it can. */
function whyNot(): string | false {
  if (spawnSync('bash', ['--version']).status !== 0) return 'needs bash'
  const version = /^curl (\d+)\.(\d+)/.exec(spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? '')
  const [, major = '0', minor = '0'] = version ?? []
  return Number(major) * 1000 + Number(minor) >= 7082 ? false : 'needs curl 7.82 or later, for --json'
}

/** The indented lines of a section of README.md. */
function commandLines(section: string): string[] {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8')
  const text = readme.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? ''
  return text.split('\n').flatMap((line) => (line.startsWith('    ') ? [line.trim()] : []))
}

function copyOfProject(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-readme-'))
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }))
  for (const name of ['package.json', '.npmrc', 'src']) {
    cpSync(join(repository, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** Runs a line in a process group of its own, which ends with the test; gives what it has written so far. */
function background(t: TestContext, cwd: string, line: string): () => string {
  const child = spawn('bash', ['-c', line], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const killGroup = (): void => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    } catch {
      // It has ended already.
    }
  }
  process.once('exit', killGroup)
  t.after(killGroup)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return () => output
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => null)
  await response?.text()
  return response?.ok === true
}
