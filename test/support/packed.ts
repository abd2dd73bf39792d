// Builds and packs the packages that are published, and uses them as a user who installed them.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, globSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { newcomerEnv, repository, runProgram, snippets } from './documented.ts'
import { createOperatorClient } from './operator-client.ts'
import { startReceiver } from './receiver.ts'
import { run } from './serve-run.ts'

const exec = promisify(execFile)

/** Usually it takes 10 s; the time is reported, but depends on the network and on the load of the machine. */
export const installMsMax = 240_000

/** The folders of all packages that are published: the root and the workspaces below `packages`. */
export const packages: readonly string[] = ['.', ...globSync('packages/*/package.json', { cwd: repository })].map(
  (file) => join(repository, file.replace(/package\.json$/, '')),
)

/** Builds the package of a folder into `target`, and packs it into `to`. Returns the path of the packed file. */
export async function pack(folder: string, target: string, to: string): Promise<string> {
  await exec(process.execPath, [join(repository, 'packages/build.ts'), folder, target])
  const { stdout } = await exec('npm', ['pack', '--json', '--pack-destination', to], { cwd: target })
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, { readonly filename: string }>)
  return join(to, packed?.filename ?? '')
}

/** Installs a version of Node into `folder`. Returns the environment of a newcomer who uses it. */
export async function newcomer(folder: string, version: string): Promise<NodeJS.ProcessEnv> {
  mkdirSync(folder, { recursive: true })
  // Without the file, npm would install into a folder above that has one.
  writeFileSync(join(folder, 'package.json'), '{}')
  await exec('npm', ['install', `node@${version}`], { cwd: folder })
  const { PATH, NODE_EXTRA_CA_CERTS, npm_config_registry } = process.env
  const env = {
    ...newcomerEnv,
    PATH: `${join(folder, 'node_modules/node/bin')}${delimiter}${PATH}`,
    // The way to the registry is that of this machine.
    ...(NODE_EXTRA_CA_CERTS !== undefined && { NODE_EXTRA_CA_CERTS }),
    ...(npm_config_registry !== undefined && { npm_config_registry }),
  }
  const { stdout } = await exec('node', ['--version'], { env })
  assert.ok(stdout.startsWith(`v${version}.`), stdout)
  return env
}

/** The bytes of all files below a folder. A link counts as itself. */
export function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files.reduce((sum, file) => sum + lstatSync(join(folder, file)).size, 0)
}

/** Serves the dialect of the tutorial in `folder`, where the package is installed, and uses pages, API and deliveries. */
export async function useInstalled(t: TestContext, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  copyFileSync(join(repository, 'test/tutorial/acme.ts'), join(folder, 'acme.ts'))
  const operatorKey = 'operator-of-a-package-that-is-installed'
  const settings = {
    PATH: env['PATH'] ?? '',
    POSTHORN_PORT: '0',
    POSTHORN_ALLOW_HTTP: 'on',
    POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8',
    POSTHORN_OPERATOR_KEY: operatorKey,
  }
  const program = join(folder, 'node_modules/.bin/posthorn')
  const service = run(t, folder, settings, [program, 'serve', '--dialect', 'acme.ts'])
  const url = await service.serving()
  const receiver = await startReceiver()
  const client = createOperatorClient(url, operatorKey)
  t.after(() => Promise.all([receiver.close(), client.close()]))
  for (const page of ['dashboard', 'portal/allo', 'docs/']) {
    assert.equal((await fetch(`${url}/${page}`)).status, 200, page)
  }
  const { id: tenant } = await client.createTenant({ dialect: 'acme' })
  const { key } = await client.createKey({ tenants: [tenant] })
  const hook = { target: `${receiver.url}/in`, topics: ['order.paid'] }
  const created = await client.callAs({ authorization: `Bearer ${key}` }, 'POST', '/api/hooks', hook)
  assert.equal(created.status, 201, JSON.stringify(created.body))
  await client.postEvent({ tenant, type: 'order.paid', data: { id: 'order_1', total: 12 } })
  const [arrived] = await receiver.untilReceived(1)
  assert.match(arrived?.body.toString() ?? '', /order_1/)
  assert.equal((await client.call('GET', '/v1/stats')).status, 200)
  // A worker thread copies the database.
  await exec('npx', ['posthorn', 'backup', 'copy.db'], { cwd: folder, env })
  assert.equal(service.stderr(), '')
  service.child.kill('SIGTERM')
  assert.equal(await service.exited(), 0)
}

/** Checks the types of a dialect and of every export in `folder`, where the package is installed. */
export async function checkTypes(folder: string): Promise<void> {
  copyFileSync(join(repository, 'test/tutorial/acme.ts'), join(folder, 'acme.ts'))
  // The dialect of the snippets.
  const shop = readFileSync(join(folder, 'acme.ts'), 'utf8').replace("name: 'acme'", "name: 'shop'")
  writeFileSync(join(folder, 'shop.ts'), shop)
  const { exports } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string>>
  }
  const lines = Object.keys(exports).map(
    (name) => `export * as ${name.replace(/\W+/, '_')} from 'posthorn${name.slice(1)}'`,
  )
  writeFileSync(join(folder, 'all.ts'), lines.join('\n'))
  for (const [index, text] of ['docs/library.md', 'docs/transactions.md'].flatMap((page) => snippets(page)).entries())
    writeFileSync(join(folder, `snippet-${index}.ts`), text)
  const wrong = readFileSync(join(folder, 'acme.ts'), 'utf8').replace('auth.bearer()', 'auth.bearer(1)')
  writeFileSync(join(folder, 'wrong.ts'), wrong)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, type: 'module' }))
  const [, documented = ''] =
    /^```json\n([^]*?)^```$/m.exec(readFileSync(join(repository, 'docs/library.md'), 'utf8')) ?? []
  const { compilerOptions } = JSON.parse(documented) as { readonly compilerOptions: object }
  const typeRoots = [join(repository, 'node_modules/@types')]
  const stdout = await compile(folder, { ...compilerOptions, typeRoots }, ['*.ts'])
  assert.match(stdout, /^wrong\.ts\(\d+,\d+\): error TS2554: [^\n]*\n$/)
}

/**
 * Imports every export in `folder`, where the types have been checked, and runs the snippets of docs/library.md: they publish with
 * the library and the client, and use `posthorn/testing`.
 */
export async function runPrograms(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  await runProgram(folder, ['node', 'all.ts'], env)
  // Their databases are in the folder `data` beside them.
  const own = join(folder, 'programs')
  mkdirSync(own)
  copyFileSync(join(folder, 'shop.ts'), join(own, 'shop.ts'))
  for (const text of snippets('docs/library.md')) {
    writeFileSync(join(own, 'snippet.ts'), text)
    await runProgram(own, ['node', 'snippet.ts'], env)
  }
}

/** Checks the types where those of Node are not installed: the client and the verifier do not need them. */
export async function checkTypesWithoutNode(folder: string): Promise<void> {
  const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', types: [], lib: ['es2023', 'dom'] }
  const own = join(folder, 'without-node')
  mkdirSync(own)
  writeFileSync(join(own, 'package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(join(own, 'web.ts'), "export * from 'posthorn/client'\nexport * as verify from 'posthorn/verify'\n")
  writeFileSync(join(own, 'library.ts'), "export * from 'posthorn'\n")
  assert.equal(await compile(own, compilerOptions, ['web.ts']), '')
  assert.match(await compile(own, compilerOptions, ['library.ts']), /Try `npm i --save-dev @types\/node`/)
}

/** Compiles without `skipLibCheck`. Returns the output. */
async function compile(folder: string, compilerOptions: object, include: readonly string[]): Promise<string> {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }))
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  const checked = await exec(process.execPath, [tsc, '-p', folder], { cwd: folder }).catch((error: unknown) => error)
  return (checked as { readonly stdout: string }).stdout
}
