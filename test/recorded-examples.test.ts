// The examples in the OpenAPI documents: each operation has them, and they hold by its schemas.

import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import { after, test } from 'node:test'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { curlOf } from '../src/api/curl.ts'
import { recordedExamples } from '../src/dialects/registry.ts'
import { readDocument } from '../src/dialect-check/document.ts'
import { frontNames } from './fuzz/documents.ts'
import { createInstallation, startServer } from './support/server-process.ts'

interface Part {
  readonly schema: TSchema
  readonly example?: unknown
}

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly (Part & { readonly name: string; readonly in: string })[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Part>> }
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Part>> }>
  >
}

const installation = await createInstallation()
const server = await startServer(installation)
after(async () => {
  await server.kill('SIGKILL')
  await installation.remove()
})

/** Parts without an example. A cursor is of one list of one installation. */
const without = /^cursor$/

function faultOf({ schema, example }: Part): string | null {
  const [, [fault]] = Compile(schema).Errors(example)
  return fault === undefined ? null : `${fault.instancePath} ${fault.message}`
}

for (const name of [...frontNames, 'standard']) {
  test(`${name}: every body, answer of success and parameter has an example that its schema allows`, async () => {
    const path = name === 'operator' ? '/openapi.json' : `/openapi/${name}.json`
    const document = readDocument(await (await fetch(server.url + path)).text())
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item) as unknown as Operation[])
    assert.ok(operations.length > 4)
    const faults: string[] = []
    for (const { operationId, parameters = [], requestBody, responses } of operations) {
      const answers = Object.entries(responses).filter(([status]) => Number(status) < 300)
      for (const [status, { description }] of answers) {
        const isBare = description === STATUS_CODES[status]
        if (isBare && ['operator', 'standard'].includes(name))
          faults.push(`${operationId}: ${description} says nothing`)
      }
      const contents = answers.flatMap(([, { content = {} }]) => Object.values(content))
      const examples = contents.filter(({ example }) => example !== undefined)
      if (contents.length > 0 && examples.length === 0) faults.push(`${operationId}: no answer`)
      for (const part of parameters) {
        if (without.test(part.name) || part.in === 'header') continue
        if (part.example === undefined) faults.push(`${operationId}: no ${part.in} ${part.name}`)
        else examples.push(part)
      }
      const bodies = Object.values(requestBody?.content ?? {}).slice(0, 1)
      if (bodies.some(({ example }) => example === undefined)) faults.push(`${operationId}: no body`)
      for (const part of [...examples, ...bodies]) {
        const fault = faultOf(part)
        if (fault !== null) faults.push(`${operationId}: ${fault} in ${JSON.stringify(part.example)}`)
      }
    }
    assert.deepEqual(faults, [])
  })
}

test('the example of statistics has the range that it asks for, and steps of whole hours in it', () => {
  const { parameters, answer } = recordedExamples['operator']?.['readStatistics'] ?? assert.fail()
  const { from, to, data } = answer as {
    readonly from: string
    readonly to: string
    readonly data: readonly { readonly points: readonly { readonly at: string }[] }[]
  }
  assert.deepEqual([from, to], [parameters['from'], parameters['to']])
  const times = data.flatMap(({ points }) => points.map(({ at }) => at))
  assert.ok(times.length > 0)
  for (const at of times) assert.ok(at >= from && at < to && /T\d\d:00:00\.000Z$/.test(at), at)
})

test('the example of a request of an attempt is the same request as its curl command', () => {
  const { answer } = recordedExamples['operator']?.['getAttemptRequest'] ?? assert.fail()
  const { method, url, headers, body, curl } = answer as {
    readonly method: string
    readonly url: string
    readonly headers: readonly { readonly name: string; readonly value: string | null }[]
    readonly body: string
    readonly curl: string
  }
  const bytes = Buffer.from(body)
  const pairs = headers.map(({ name, value }) => [name, value] as const)
  assert.equal(curlOf({ method, url, headers: pairs, body: bytes }), curl)
  assert.equal(new Map(pairs).get('content-length'), String(bytes.length))
})
