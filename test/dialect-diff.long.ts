// `posthorn dialect diff`: the differences between a served API and the vendor's document, the worst first.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { openSite } from '../src/testing/site.ts'
import { differencesOf } from '../src/dialect-draft/differences.ts'
import { type OpenApi, readOpenApi } from '../src/dialect-draft/openapi.ts'
import { DefinedDialect, defineDialect } from '../src/dialect-kit/define-dialect.ts'
import { registry } from '../src/dialects/registry.ts'
import { acme } from './support/acme.ts'
import { dialectCommand } from './support/dialect-command.ts'

const root = new URL('..', import.meta.url).pathname
const folder = await mkdtemp(join(tmpdir(), 'posthorn-diff-'))
const site = await openSite([...registry, defineDialect(acme('acme'))])
after(async () => {
  await site.close()
  await rm(folder, { recursive: true })
})

const textOf = async (name: string): Promise<string> => (await fetch(`${site.url}/openapi/${name}.json`)).text()

async function servedBy(name: string): Promise<OpenApi> {
  const file = join(folder, `${name}.json`)
  await writeFile(file, await textOf(name))
  return readOpenApi(file)
}

interface Tree {
  [name: string]: Tree
}

/** The harmful differences to the served document of acme with a change. */
async function harmOf(change: (document: Tree) => void): Promise<readonly string[]> {
  const served = await servedBy('acme')
  const vendor = structuredClone(served)
  change(vendor as unknown as Tree)
  return differencesOf(served, vendor, ['/acme/hooks'], ['order.paid', 'order.refunded'])
    .filter(({ harm }) => harm !== null)
    .map(({ text }) => text)
}

const hookOf = (document: Tree): Tree =>
  document['paths']!['/acme/hooks/{id}']!['get']!['responses']!['200']!['content']!['application/json']!['schema']![
    'properties'
  ]!['hook']!['properties']!
const bodyOf = (document: Tree): Tree =>
  document['paths']!['/acme/hooks']!['post']!['requestBody']!['content']!['application/json']!['schema']!

const value = (given: unknown): Tree => given as Tree

suite('a difference:', () => {
  const cases: Readonly<Record<string, readonly [(document: Tree) => void, readonly string[]]>> = {
    'none to the same document': [() => {}, []],
    'the name of a path parameter and the texts do not count': [
      (document) => {
        document['paths']!['/acme/hooks/{hook_id}'] = document['paths']!['/acme/hooks/{id}']!
        delete document['paths']!['/acme/hooks/{id}']
        document['paths']!['/acme/hooks']!['get']!['summary'] = value('Another text')
      },
      [],
    ],
    'other paths of the vendor do not count': [
      (document) => void (document['paths']!['/users'] = value({ get: { responses: {} } })),
      [],
    ],
    'a missing method': [
      (document) => void (document['paths']!['/acme/hooks/{id}']!['put'] = value({ responses: { 200: {} } })),
      ['PUT /acme/hooks/{id} is not served'],
    ],
    'another status': [
      (document) => {
        const { responses } = document['paths']!['/acme/hooks']!['post']!
        responses!['200'] = responses!['201']!
        delete responses!['201']
      },
      ['POST /acme/hooks answers 201, and the document has 200'],
    ],
    'a request field that is not taken': [
      (document) => {
        bodyOf(document)['properties']!['region'] = value({ type: 'string' })
        bodyOf(document)['required'] = value(['target', 'topics', 'region'])
      },
      ['POST /acme/hooks: the request does not take region, which the document requires'],
    ],
    'a field that the vendor does not require': [
      (document) => void (bodyOf(document)['required'] = value(['target'])),
      ['POST /acme/hooks: the request must have topics, which the document does not require'],
    ],
    'a request field of another type': [
      (document) => void (bodyOf(document)['properties']!['paused'] = value({ type: 'string' })),
      ['POST /acme/hooks: the request: paused is boolean, and the document has string'],
    ],
    'null in a request': [
      (document) => void (bodyOf(document)['properties']!['secret'] = value({ type: ['string', 'null'] })),
      ['POST /acme/hooks: the request: secret may not be null, and may be in the document'],
    ],
    'a missing member of an answer': [
      (document) => void (hookOf(document)['owner'] = value({ type: 'string' })),
      ['GET /acme/hooks/{id}: the answer does not have hook.owner'],
    ],
    'a member of another type': [
      (document) => void (hookOf(document)['created'] = value({ type: 'string', format: 'date-time' })),
      ['GET /acme/hooks/{id}: the answer: hook.created is integer, and the document has string'],
    ],
    'a member that may be null': [
      (document) => void (hookOf(document)['note'] = value({ type: 'string' })),
      ['GET /acme/hooks/{id}: the answer: hook.note may be null, and never is in the document'],
    ],
    'a missing parameter': [
      (document) => {
        document['paths']!['/acme/hooks']!['get']!['parameters'] = value([{ name: 'page', in: 'query' }])
      },
      ['GET /acme/hooks does not have the parameter page'],
    ],
    'another place of the key': [
      (document) => {
        document['components']!['securitySchemes']!['bearer'] = value({ type: 'apiKey', in: 'header', name: 'X-Key' })
      },
      ['no request may carry its key in the header x-key, as in the document'],
    ],
    'an event type that the catalogue does not have': [
      (document) => {
        bodyOf(document)['properties']!['topics']!['items'] = value({ enum: ['order.paid', 'order.lost', 'order.*'] })
      },
      ['POST /acme/hooks: the catalogue does not have order.lost, which a request of the document may have'],
    ],
    'a narrower bound of a request': [
      (document) => {
        bodyOf(document)['properties']!['topics']!['maxItems'] = value(5000)
        bodyOf(document)['properties']!['secret']!['minLength'] = value(8)
      },
      ['POST /acme/hooks: the request: topics has the maxItems 100, and the document the maxItems 5000'],
    ],
    'the worst one comes first': [
      (document) => {
        hookOf(document)['owner'] = value({ type: 'string' })
        document['paths']!['/acme/hooks/{id}']!['put'] = value({ responses: { 200: {} } })
      },
      ['PUT /acme/hooks/{id} is not served', 'GET /acme/hooks/{id}: the answer does not have hook.owner'],
    ],
  }
  for (const [title, [change, expected]] of Object.entries(cases)) {
    test(title, async () => assert.deepEqual(await harmOf(change), expected))
  }
})

const known: Readonly<Record<string, readonly string[]>> = {
  allo: [],
  ultravox: [],
  partoo: [],
}
for (const [name, expected] of Object.entries(known)) {
  test(`the harmful differences of ${name} to the vendor's page are known`, async () => {
    const vendor = await readOpenApi(join(root, `test/vendor-documents/${name}.yaml`))
    const defined = registry.find((one) => one.dialect.name === name)
    const { prefixes } = defined instanceof DefinedDialect ? defined.definition.api : assert.fail()
    const differences = differencesOf(await servedBy(name), vendor, prefixes, null)
    assert.deepEqual(
      differences.filter(({ harm }) => harm !== null).map(({ text }) => text),
      expected,
    )
  })
}

test('the command ends with 1 for a harmful difference, and with 0 without one', async () => {
  const file = join(folder, 'acme.ts')
  const text = (await readFile(join(root, 'test/support/acme.ts'), 'utf8'))
    .replace("'../../src/dialect-kit/index.ts'", "'posthorn/dialect'")
    .replace('  body,\n', '  body,\n  defineDialect,\n')
  await writeFile(file, `${text}\nexport default defineDialect(acme('acme'))\n`)
  const document = join(folder, 'vendor.json')
  await writeFile(document, await textOf('acme'))
  const same = await dialectCommand(['diff', file, document])
  assert.deepEqual([same.code, same.stdout], [0, 'acme: 0 of 0 differences do harm\n'], same.stderr)
  await writeFile(document, (await textOf('acme')).replace('"/acme/hooks/topics"', '"/acme/hooks/types"'))
  const other = await dialectCommand(['diff', file, document])
  assert.equal(other.code, 1)
  assert.match(
    other.stdout,
    /^ {2}harm {2}GET \/acme\/hooks\/types is not served\n {2}note {2}GET \/acme\/hooks\/topics is/,
  )
  await writeFile(document, (await textOf('acme')).replaceAll('"/acme/hooks', '"/other/hooks'))
  const strange = await dialectCommand(['diff', file, document])
  assert.deepEqual([strange.code, strange.stdout], [1, ''])
  assert.match(strange.stderr, /^posthorn: nothing was compared: no path of \S+ begins with \/acme\/hooks, [^\n]+\n$/)
  for (const args of [[file], [folder, document], [file, folder]]) {
    const wrong = await dialectCommand(['diff', ...args])
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /^posthorn: [^\n]+\n$/)
  }
})
