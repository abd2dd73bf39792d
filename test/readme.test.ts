// Runs the lines of README.md's "Try it" as a newcomer does: in bash, in a fresh copy of the project. Only the two
// ports are replaced by free ones. Then runs the demo.

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
/** The environment of a newcomer: without npm's variables and without settings of Posthorn and Node. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|POSTHORN_|NODE_)/i.test(name) && name !== 'INIT_CWD'),
)

test('"Try it" ends with a delivery that is delivered', { skip: whyNot(), timeout: 120_000 }, async (t) => {
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
  await until(() => answers(`http://127.0.0.1:${ports[4080]}/healthz`), 'the service answers', 30_000)
  // The receiver prints every request, so it prints these requests too.
  await until(() => answers(`http://127.0.0.1:${ports[4090]}/`), 'the receiver answers', 30_000)

  // A newcomer needs a moment between the post and the list of deliveries.
  const look = pasted.pop() ?? ''
  assert.match(look, /\/v1\/deliveries/)
  const script = `set -e\n${pasted.join('\n')}\nsleep 1\n${look}\n`
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env })
  const deliveries = stdout.slice(stdout.lastIndexOf('{"data":['))
  assert.match(deliveries, /"eventType":"call\.received","status":"delivered"/, stdout)
  await until(() => received().includes('+33612345678'), 'the receiver prints the request')
  assert.match(received(), /'webhook-signature': 'v1,/)
})

test('the demo succeeds', { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['examples/demo.ts'], { cwd: repository, env })
  assert.match(stdout.trimEnd().split('\n').at(-1) ?? '', /^Every signature verified.* Done\.$/)
})

/** Why the first test cannot run on this machine, or false if it can. */
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

/** Runs a line in its own process group, which the end of the test kills. The returned function gives the output. */
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
