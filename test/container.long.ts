// The container image, without a container engine: the steps of the Dockerfile are done in a folder, and the result runs as
// the container does: as its user and process 1, with a read-only root and a volume. Two things differ. The base image is
// this machine, and the packages of `npm ci` are copied from node_modules.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  globSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, matchesGlob, relative, resolve } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { until } from './support/api-rig.ts'
import { freePort } from './support/server-process.ts'
import { onlyChild, run, signalGroup } from './support/serve-run.ts'

const repository = resolve(import.meta.dirname, '..')
/** The ids of the user `node` in the base image. */
const user = 1000

interface Image {
  /** The instructions of the last stage in order, without comments. */
  readonly steps: readonly { readonly name: string; readonly value: string }[]
  readonly env: Readonly<Record<string, string>>
  /** The JSON array of the last instruction of this name; for HEALTHCHECK, its command. */
  array(name: string): readonly string[]
  value(name: string): string
}

function readDockerfile(): Image {
  const [text = ''] = readFileSync(join(repository, 'Dockerfile'), 'utf8')
    .split(/^(?=FROM )/m)
    .slice(-1)
  const steps = [...text.matchAll(/^([A-Z]+) (.+)$/gm)].map(([, name = '', value = '']) => ({ name, value }))
  const value = (name: string): string => steps.findLast((step) => step.name === name)?.value ?? ''
  return {
    steps,
    value,
    array: (name) => JSON.parse(/\[.*\]$/.exec(value(name))?.[0] ?? 'null') as string[],
    env: Object.fromEntries(steps.filter(({ name }) => name === 'ENV').map((step) => step.value.split('='))),
  }
}

const image = readDockerfile()
const workdir = image.value('WORKDIR')
const volume = image.value('VOLUME')

/** Whether .dockerignore keeps a file out of the image: its last matching line decides. */
function isIgnored(file: string): boolean {
  const lines = readFileSync(join(repository, '.dockerignore'), 'utf8').trim().split('\n')
  return lines.reduce((ignored, line) => {
    const pattern = line.replace(/^!/, '')
    const matches = matchesGlob(file, pattern) || matchesGlob(file, `${pattern}/**`)
    return matches ? !line.startsWith('!') : ignored
  }, false)
}

/** Does the steps of the Dockerfile in `root`. */
function build(root: string): void {
  const here = join(root, workdir)
  mkdirSync(here, { recursive: true })
  for (const { name, value } of image.steps) {
    const [, stage, folder] = /^--from=(\w+) (\S+)/.exec(value) ?? []
    if (stage !== undefined) copyFromStage(stage, relative(workdir, folder as string), here)
    else if (name === 'COPY') copy(value.split(' ').slice(0, -1), here)
    else if (name === 'RUN' && value === 'npm ci --omit=dev --omit=optional --ignore-scripts') copyPackages(here)
    else if (name === 'RUN') {
      const inRoot = value.replaceAll(volume, join(root, volume)).replaceAll('node:node', `${user}:${user}`)
      assert.equal(spawnSync('sh', ['-c', inRoot], { stdio: 'inherit' }).status, 0)
    }
  }
}

function copy(sources: readonly string[], to: string): void {
  for (const source of sources) {
    const filter = (file: string): boolean => statSync(file).isDirectory() || !isIgnored(relative(repository, file))
    cpSync(join(repository, source), join(to, source), { recursive: true, filter })
  }
}

/** Copies a folder that a stage builds with `npm ci`, which is how it was built in the repository too. */
function copyFromStage(stage: string, folder: string, to: string): void {
  const text = readFileSync(join(repository, 'Dockerfile'), 'utf8')
  const steps = new RegExp(`^FROM \\S+ AS ${stage}\\n([^]*?)^FROM `, 'm').exec(text)?.[1] ?? ''
  assert.match(steps, /^COPY ui \.\/ui$/m)
  assert.match(steps, /^RUN npm ci --omit=optional$/m)
  cpSync(join(repository, folder), join(to, folder), { recursive: true })
}

function copyPackages(to: string): void {
  const { packages } = JSON.parse(readFileSync(join(to, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: true; readonly optional?: true }>>
  }
  for (const [path, { dev, optional }] of Object.entries(packages)) {
    const source = join(repository, path)
    // The workspace `ui` is copied by its own step.
    const isPackage =
      path.startsWith('node_modules/') && !lstatSync(source, { throwIfNoEntry: false })?.isSymbolicLink()
    if (isPackage && dev === undefined && optional === undefined) cpSync(source, join(to, path), { recursive: true })
  }
}

/** The command that runs `args` in the image; `root` becomes read-only. Parts of this machine stand for the base image. */
function commandIn(root: string, args: readonly string[], settings: Readonly<Record<string, string>> = {}): string[] {
  const env = { ...image.env, ...settings, PATH: '/base-image-node:/usr/bin' }
  const script = `set -e
    mount --bind "$0" "$0"
    for folder in usr etc dev proc; do mount --rbind "/$folder" "$0/$folder"; done
    mount --bind "${dirname(process.execPath)}" "$0/base-image-node"
    mount --bind "$0${volume}" "$0${volume}"
    mount -o remount,bind,ro "$0"
    exec chroot --userspec=${user}:${user} "$0" /usr/bin/env -i -C ${workdir} "$@"`
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child']
  return [...namespaces, 'sh', '-c', script, root, ...variables, ...image.array('ENTRYPOINT'), ...args]
}

async function buildImage(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'posthorn-image-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  chmodSync(root, 0o755)
  build(root)
  for (const folder of ['usr', 'etc', 'dev', 'proc', 'base-image-node']) mkdirSync(join(root, folder))
  for (const link of ['bin', 'lib', 'lib64']) {
    const isLink = lstatSync(`/${link}`, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
    if (isLink) symlinkSync(readlinkSync(`/${link}`), join(root, link))
  }
  return root
}

suite('the Dockerfile', () => {
  test('pins its base image by digest, at the version of Node that the tests run on', () => {
    const [, version] = /^node:([\d.]+)-slim@sha256:[0-9a-f]{64}$/.exec(image.value('FROM')) ?? []
    assert.equal(version, process.versions.node)
  })

  test('starts the service with the options of npm start', () => {
    const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      readonly scripts: { readonly start: string }
    }
    assert.equal(`exec ${[...image.array('ENTRYPOINT'), ...image.array('CMD')].join(' ')}`, scripts.start)
    assert.notEqual(image.value('USER'), '')
  })
})

test(
  'the image serves as its user, keeps its data in the volume, is healthy, and stops',
  { skip: whyNot() },
  async (t) => {
    const root = await buildImage(t)
    assert.deepEqual(globSync('**/*.test.*', { cwd: join(root, workdir, 'src') }), [])
    const port = await freePort()
    const settings = { POSTHORN_PORT: String(port) }
    const health = (): number | null => {
      const [, ...args] = image.array('HEALTHCHECK')
      return spawnSync(process.execPath, args, { env: { ...image.env, ...settings } }).status
    }
    assert.equal(health(), 1)
    const service = run(t, repository, {}, commandIn(root, image.array('CMD'), settings))
    await until(() => health() === 0 || service.child.exitCode !== null, 'it is healthy', 30_000)
    assert.equal(health(), 0, service.stderr())
    for (const page of ['dashboard', 'portal/allo']) {
      assert.equal((await fetch(`http://127.0.0.1:${port}/${page}`)).status, 200, page)
    }
    const { pid } = service.child
    // The signal of `docker stop` goes to process 1 of the container.
    process.kill(onlyChild(pid), 'SIGTERM')
    assert.equal(await service.exited(), 0, service.stderr())
    signalGroup(service.child, 'SIGKILL')
    for (const file of ['posthorn.db', 'operator-key', 'master-key']) {
      assert.equal(statSync(join(root, volume, file)).uid, user)
    }
  },
)

test('every command of posthorn runs in the image', { skip: whyNot() }, async (t) => {
  const root = await buildImage(t)
  const [program = '', ...args] = commandIn(root, ['--version'])
  assert.match(spawnSync(program, args, { encoding: 'utf8' }).stdout, /^\d+\.\d+\.\d+\n$/)
  const migration = commandIn(root, ['migrate', '--from', 'sqlite:/data/none.db', '--to', 'mysql://x'])
  assert.match(
    spawnSync(migration[0] ?? '', migration.slice(1), { encoding: 'utf8' }).stderr,
    /^posthorn: --to [^\n]*\n$/,
  )
  const [client = '', ...list] = commandIn(root, ['tenant', 'list', '--url', 'http://127.0.0.1:9'], {
    POSTHORN_KEY: 'none',
  })
  assert.match(spawnSync(client, list, { encoding: 'utf8' }).stderr, /^posthorn: [^\n]*127\.0\.0\.1:9[^\n]*\n$/)
})

function whyNot(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  const works = spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0
  return works ? false : 'needs unshare'
}
