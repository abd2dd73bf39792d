// Runs the examples of a document as they are shown, as commands with curl, on a server that has the objects which they name.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import type { RecordedExample } from '../../src/contracts/recorded-example.ts'
import { recordedExamples } from '../../src/dialects/registry.ts'
import type { DocumentedRoute } from '../fuzz/documents.ts'
import { differences } from './example-forms.ts'
import { type Body, callOperator, type ExampleServer, type Sent } from './example-scenario.ts'
import { Recorder, shownIn } from './recorded-examples.ts'

/**
 * The parameters whose example cannot be sent as it is, because the server makes the value, or because it is a time of the
 * run. This run sends its own value. Ids in bodies are those of earlier answers.
 */
const ofThisRun: ReadonlySet<string> = new Set([
  'path key',
  'path operatorKey',
  'path link',
  'path endpoint',
  'path event',
  'path delivery',
  'path replay',
  'path erasure',
  'query endpoint',
  // An id.
  'query q',
  'query from',
  'query to',
  'query attemptedFrom',
  'query attemptedTo',
  // In the examples, `acme-api` is a dialect that signs with a key of the installation, and `acme` speaks it or another one.
  'path dialect of rotateSigningKey',
  'path dialect of listSigningKeys',
  'path dialect of getPublicKey',
  'path tenant of rotateTenantSecret',
  'path tenant of getTenantSecrets',
])

/** The path of the example of a route. */
export function examplePath({ path, operation: { parameters = [] } }: DocumentedRoute): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(parameters.find((one) => one.name === name && one.in === 'path')?.example)),
  )
}

export interface ShownDocument {
  readonly routes: readonly DocumentedRoute[]
  /** The command of each operation, by its id. The key replaces `YOUR_SECRET_TOKEN`. */
  readonly commands: ReadonlyMap<string, string>
  /** Whether a customer calls, with an API key. */
  readonly isOfCustomers: boolean
}

/** Runs the command of each operation, and compares its answer with the recorded one. Returns the ids that were run. */
export async function runExamples(server: ExampleServer, document: ShownDocument): Promise<ReadonlySet<string>> {
  const runner = new Runner(server, document)
  await callOperator(server, (operationId, sent) => runner.send(operationId, sent))
  return runner.ran
}

class Runner {
  readonly ran = new Set<string>()
  readonly #server: ExampleServer
  readonly #document: ShownDocument
  /** Calls the operations that the document does not have. */
  readonly #others: Recorder
  /** Ids of the examples, with those of this run. */
  readonly #ids = new Map<string, string>()
  #key: string | null = null

  constructor(server: ExampleServer, document: ShownDocument) {
    this.#server = server
    this.#document = document
    this.#others = new Recorder(server.parties, server.operatorRoutes)
  }

  async send(operationId: string, sent: Sent = {}): Promise<Body> {
    const command = this.#document.commands.get(operationId)
    if (command === undefined) return this.#others.send(operationId, sent)
    const example = recordedExamples['operator']?.[operationId] ?? assert.fail(operationId)
    const key = await this.#keyFor(sent)
    const line = this.#withValues(operationId, command, sent).replaceAll('YOUR_SECRET_TOKEN', key)
    const { status, text, headers } = await run(line, operationId === 'stream' ? 3 : 30)
    assert.equal(status, example.status, `${line}\n${text}`)
    const shown = shownIn({ text, headers })
    assert.deepEqual(differences(example.answer, this.#server.stable(shown), operationId), [], line)
    this.#learn(example, shown)
    this.ran.add(operationId)
    return shown as Body
  }

  async #keyFor({ path }: Sent): Promise<string> {
    const { parties } = this.#server
    if (!this.#document.isOfCustomers) return parties.asOperator['authorization']?.split(' ')[1] ?? ''
    this.#key ??= (await parties.key(String(path?.['tenant']))).key
    return this.#key
  }

  #withValues(operationId: string, command: string, { path = {}, query = {} }: Sent): string {
    const { operation } =
      this.#document.routes.find((one) => one.operation.operationId === operationId) ?? assert.fail()
    let line = command
    for (const { in: place, name, example } of operation.parameters ?? []) {
      const value = { path, query }[place][name]
      const [shown, real] = [String(example), String(value)]
      if (value === undefined || shown === real) continue
      const isOfAllOperations = ofThisRun.has(`${place} ${name}`)
      const isAllowed = isOfAllOperations || ofThisRun.has(`${place} ${name} of ${operationId}`)
      assert.ok(isAllowed, `${operationId}: the example of ${name} is ${shown}, and ${real} is sent`)
      const encoded = encodeURIComponent(shown)
      assert.ok(command.includes(encoded), `${operationId}: the command has no ${name}: ${command}`)
      line = line.replaceAll(encoded, encodeURIComponent(real))
      if (isOfAllOperations) this.#ids.set(shown, real)
    }
    for (const [shown, real] of this.#ids) line = line.replaceAll(shown, real)
    return line
  }

  /** The ids of the objects that an answer shows. */
  #learn({ answer }: RecordedExample, real: unknown): void {
    const objectsIn = (body: unknown): readonly Partial<Body>[] => {
      const { data } = { ...(body as Partial<Body> | undefined) }
      return [body ?? {}, ...(Array.isArray(data) ? data : [])]
    }
    const made = objectsIn(real)
    for (const [at, { id: shown }] of objectsIn(answer).entries()) {
      const id = made[at]?.id
      if (shown !== undefined && id !== undefined && !this.#ids.has(shown)) this.#ids.set(shown, id)
    }
  }
}

interface Output {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Runs a command in bash as it is. The stream does not end by itself. */
function run(line: string, secondsMax: number): Promise<Output> {
  const curl = `curl() { command curl -sS --max-time ${secondsMax} -w '\\n%{http_code} %{content_type}' "$@"; }`
  return new Promise((done, fail) => {
    execFile('bash', ['-c', `${curl}\n${line}`], { maxBuffer: 2 ** 26 }, (_, stdout, stderr) => {
      const [, text = '', status = '0', type = ''] = /^(.*)\n(\d{3}) (.*)$/s.exec(stdout) ?? []
      if (status === '0') fail(new Error(`${line}\n${stdout}${stderr}`))
      else done({ status: Number(status), headers: { 'content-type': type }, text })
    })
  })
}
