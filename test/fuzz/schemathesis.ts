// Runs Schemathesis on every OpenAPI document of a running server: it sends requests that a document allows and requests
// that it forbids, also in sequences, and finds answers that the document does not describe.
//
// Schemathesis is a program in Python. It is installed into node_modules, and skipped where that is not possible.

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { request } from 'undici'
import { limits } from '../../src/domain/limits.ts'
import type { Headers } from '../conformance/dialects/profile.ts'
import { type FrontName, frontNames, profileOf } from './documents.ts'
import { Parties } from './parties.ts'

const run = promisify(execFile)

const version = '4.32.5'
const seed = 1
const examplesMax = 40
const runMsMax = 900_000
const environment = resolve(import.meta.dirname, `../../node_modules/.cache/schemathesis-${version}`)
const program = join(environment, 'bin/st')

/** A document, and the callers who send the requests. Two callers must not see each other's objects. */
interface Run {
  readonly name: string
  readonly front: FrontName
  readonly callers: readonly Headers[]
}

const vendors = frontNames.filter((front) => front !== 'operator')

/**
 * Operations that refuse some values which their schema allows, because a schema cannot state the rule. In these the
 * statuses are no fault of the document. Lists belong to them: a cursor is opaque.
 */
const rulesBeyondSchemas: Readonly<Record<FrontName, Readonly<Record<string, readonly number[]>>>> = {
  // The rules of endpoints, settings, scopes, roles and types of events are those of the tenant's dialect.
  operator: {
    createTenant: [400],
    changeTenant: [400],
    createKey: [400],
    // A new key ends later than now.
    createOperatorKey: [400],
    createEndpoint: [400],
    changeEndpoint: [400],
    sendTest: [400],
    previewEvent: [400],
    // The tenant exists.
    publishEvent: [400],
    createReplay: [400],
    // The end is later than the start, and not too many steps later.
    replay: [400],
    readStatistics: [400],
    // Iterators are opaque.
    poll: [400],
    acknowledge: [400],
    refuse: [400],
    // A logo has a host.
    createPortalLink: [400],
  },
  ...Object.fromEntries(vendors.map((front) => [front, rulesOf(front)])),
}

/**
 * Types of events outside a catalogue have a form, those of one tenant differ, and an endpoint may be unique. One that is
 * disabled may take no test.
 */
function rulesOf(front: FrontName): Readonly<Record<string, readonly number[]>> {
  const { subject, dialect } = profileOf(front)
  const written = subject?.fieldsOf('eventTypes', 'eventType') ?? []
  const isSaid = written.every(([, field]) => 'known' in field && field.known)
  const isFree = isSaid && dialect.endpointRules.uniqueKey === undefined
  const kinds = ['test', ...(isFree ? [] : ['create', 'createMany', 'change', 'replace'])]
  const bound = subject?.served.filter(({ kind }) => kinds.includes(kind)) ?? []
  return Object.fromEntries(bound.map(({ documented }) => [documented.operationId, [400, 422]]))
}

/** Schemathesis reads every answer to its end, which a stream does not have. */
const endless = 'stream'

/** Checks that contradict a vendor: some answer another method with 404. */
const excludedChecks: Partial<Record<FrontName, string>> = Object.fromEntries(
  vendors
    .filter((front) => {
      const problem = { kind: 'methodNotAllowed', method: 'PUT', allowed: [] } as const
      const asked = { id: '', method: 'PUT', url: '/', headers: {}, body: undefined }
      return profileOf(front).subject?.answerProblem(problem, asked).status !== 405
    })
    .map((front) => [front, 'unsupported_method']),
)

/** Texts that generated requests use for a format, and an address of its own for each request (support/addresses.ts). */
const hooks = `
import random
import schemathesis
from hypothesis import strategies

urls = strategies.sampled_from(["https://example.com/hook", "http://hooks.example.org:8080/a/b?c=d"])
schemathesis.openapi.format("uri", urls)
schemathesis.openapi.format("url", urls)

@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers["X-Forwarded-For"] = "10." + ".".join(str(random.randrange(1, 255)) for _ in range(3))
`

/** Returns null, or the reason why Schemathesis cannot be installed. */
function install(): string | null {
  if (existsSync(program)) return null
  for (const [command = '', ...args] of [
    ['python3', '-m', 'venv', environment],
    [join(environment, 'bin/pip'), 'install', '--quiet', `schemathesis==${version}`],
  ]) {
    const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
    if (status !== 0) return error?.message ?? stderr.trim()
  }
  return null
}

class Documents {
  readonly #parties: Parties
  readonly #folder: string

  private constructor(parties: Parties, folder: string) {
    this.#parties = parties
    this.#folder = folder
  }

  static async start(): Promise<Documents> {
    const parties = await Parties.start({ POSTHORN_RETRY_SCALE: '0.001' })
    return new Documents(parties, await mkdtemp(join(tmpdir(), 'posthorn-schemathesis-')))
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true })
    await this.#parties.close()
  }

  async runs(): Promise<readonly Run[]> {
    const asOperator = {
      name: 'operator as the operator',
      front: 'operator',
      callers: [this.#parties.asOperator],
    } as const
    const asCustomers = frontNames.map(async (front) => {
      const parties = [await this.#parties.party(front), await this.#parties.party(front)]
      return {
        name: `${front} as two customers`,
        front,
        callers: parties.map((party) => profileOf(front).api.credentials(party)),
      }
    })
    return [asOperator, ...(await Promise.all(asCustomers))]
  }

  async text(front: FrontName): Promise<string> {
    const path = front === 'operator' ? '/openapi.json' : `/openapi/${front}.json`
    return (await request(`${this.#parties.server.url}${path}`)).body.text()
  }

  /** Checks a document against the server. Returns the output if there are faults, or else null. */
  async faults({ name, front, callers }: Run, document: string, examples: number): Promise<string | null> {
    const folder = join(this.#folder, name)
    await mkdir(folder, { recursive: true })
    const names = callers.map((_headers, index) => `caller${index}`)
    const auth = callers.map((headers, index) => ({
      name: names[index],
      fixedHeaders: Object.entries(headers).map(([header, value]) => ({ name: header, value })),
    }))
    await writeFile(join(folder, 'auth.json'), JSON.stringify({ auth }))
    await writeFile(join(folder, 'document.json'), document)
    await writeFile(join(folder, 'hooks.py'), hooks)
    await writeFile(join(folder, 'schemathesis.toml'), configuration(front, names, document))
    const excluded = excludedChecks[front]
    const args = ['run', 'document.json', '--url', this.#parties.server.url, '--seed', String(seed), '--no-color']
    args.push('--exclude-operation-id', endless, '--request-timeout', String(2 * limits.pollWaitSecondsMax))
    args.push('--checks', 'all', ...(excluded === undefined ? [] : ['--exclude-checks', excluded]))
    args.push('--max-examples', String(examples), '--generation-database', 'none')
    try {
      await run(program, args, { cwd: folder, maxBuffer: 2 ** 26, timeout: runMsMax })
      return null
    } catch (error) {
      const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string }
      assert.equal(code, 1, `${stdout}${stderr}`)
      return stdout
    }
  }
}

function configuration(front: FrontName, callers: readonly string[], document: string): string {
  const { paths } = JSON.parse(document) as {
    paths: Record<string, Record<string, { operationId: string; parameters?: readonly { name: string }[] }>>
  }
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
  const lists = operations.filter(({ parameters = [] }) => parameters.some(({ name }) => name === 'cursor'))
  const beyond = {
    ...Object.fromEntries(lists.map(({ operationId }) => [operationId, [400]])),
    ...rulesBeyondSchemas[front],
  }
  const accepted = ['2xx', 401, 403, 404, 409, 429]
  // A text may have any letter but NUL, which no keyword of a schema says.
  return `
hooks = "hooks.py"
[generation]
allow-x00 = false
[auth.wfc]
path = "auth.json"
user = "${callers[0]}"
${callers.length > 1 ? `peers = ${JSON.stringify(callers)}` : ''}
${Object.entries(beyond)
  .map(
    ([operation, statuses]) => `
[[operations]]
include-operation-id = "${operation}"
checks.positive_data_acceptance.expected-statuses = ${JSON.stringify([...accepted, ...statuses])}`,
  )
  .join('\n')}
`
}

/** A document without the answer 404 of its operations: proves that the check finds a fault. */
function withoutNotFound(document: string): string {
  const planted = document.replaceAll('"404":{', '"444":{')
  assert.notEqual(planted, document)
  return planted
}

async function main(): Promise<void> {
  const reason = install()
  if (reason !== null) {
    console.log(`SKIPPED: the check of the OpenAPI documents, because Schemathesis cannot be installed: ${reason}`)
    return
  }
  console.log(`Schemathesis ${version}, seed ${seed}`)
  const documents = await Documents.start()
  try {
    const runs = await documents.runs()
    const [control] = runs
    assert.ok(control !== undefined)
    const found = await documents.faults(control, withoutNotFound(await documents.text(control.front)), 5)
    assert.match(
      found ?? '',
      /Undocumented HTTP status code|Received: 404/i,
      'the check finds no fault that is planted',
    )
    console.log('a planted fault: found')
    for (const one of runs) {
      const startedAt = Date.now()
      const faults = await documents.faults(one, await documents.text(one.front), examplesMax)
      assert.equal(faults, null, `${one.name}:\n${faults}`)
      console.log(`${one.name}: no fault, ${Math.round((Date.now() - startedAt) / 1000)} s`)
    }
  } finally {
    await documents.close()
  }
}

await main()
