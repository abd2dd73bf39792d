// Writes docs/dialect-reference.md from the docstrings of the kit: `node test/support/dialect-reference.ts`. It reads the files
// that src/dialect-kit/index.ts imports.

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const repository = resolve(import.meta.dirname, '../..')
const index = join(repository, 'src/dialect-kit/index.ts')
/** The folders whose declarations authors see. */
const folders = [dirname(index), join(repository, 'src/domain'), join(repository, 'src/contracts')]
export const referencePage = join(repository, 'docs/dialect-reference.md')

/** An exported declaration. */
interface Declared {
  /** The text of its docstring. */
  readonly doc: string
  /** Its text, of a function and of a constant without the body. */
  readonly text: string
  readonly isType: boolean
}

/** Types that only the kit makes and reads: authors pass them on. */
const opaque = new Set(
  `Operation Pages CompiledErrors Part AttemptPart Signer AttemptSigner SecretForm Authentication TenantChoice HealthRule
   BodyForm AttemptBodyForm DefinedDialect AnyCall RouteKit RouteParts`.split(/\s+/),
)

/** Types of the service below the kit, which no author meets. Ids are texts. */
const inner = new Set(
  `ApiKey CustomerAction CustomerFields DeliveryDialect DetailRule Details Dialect EndpointForm EndpointFormField
   EndpointOperations EndpointRules Incarnation InstallationSecret Phases Quota RandomBytes ReceiverLanguage Receiving
   SendResult Snippet TestVector UndescribedSignature`.split(/\s+/),
)
const isInner = (name: string): boolean => inner.has(name) || /(Id|Key)$/.test(name)

const head = `# Reference of dialects

Every part of \`posthorn/dialect\`, from the docstrings of the code. [dialects.md](dialects.md) is a tutorial, and
[dialect-forms.md](dialect-forms.md) shows the forms with examples. \`node test/support/dialect-reference.ts\` writes this page.
In a checkout of the repository, \`posthorn …\` is \`npx posthorn …\`.
`

/** The text of the page. */
export function dialectReference(): string {
  const source = readFileSync(index, 'utf8')
  const names = localNames(source)
  const declared = new Map([...filesFrom(index)].flatMap(declarationsIn))
  const groups = [
    ...source.matchAll(/\/\*\* ([^\n]+) \*\/\nexport const (\w+) = withCheckedOptions\(\s*'\w+',\s*\{(.*?)\n?\s*\}/gs),
  ].map(([, doc = '', group = '', members = '']) => {
    const entries = [...members.matchAll(/(\w+)(?:: (\w+))?,?/g)].map(([, name = '', local = name]) =>
      shown(`${group}.${name}`, declared.get(names.get(local) ?? local)),
    )
    return `## ${group}\n\n${doc}\n\n${entries.join('')}`
  })
  const exported = [...source.matchAll(/^export (?:type )?\{([^}]+)\} from '\./gm)].flatMap(([, list = '']) =>
    [...list.matchAll(/(?:type )?(\w+)/g)].map(([, name = '']) => name).filter((name) => declared.has(name)),
  )
  const values = exported.filter((name) => declared.get(name)?.isType === false)
  const roots = [...exported, ...[...names.values()].filter((name) => declared.has(name))]
  const types = [...reached(roots, declared)].filter((name) => declared.get(name)?.isType).toSorted()
  return [
    head,
    `## Functions and values\n\n${values.map((name) => shown(name, declared.get(name))).join('')}`,
    ...groups,
    `## Types\n\n${types.map((name) => shown(name, declared.get(name))).join('')}`,
  ]
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()
    .concat('\n')
}

/** The declarations that the index imports from its folders, with their files, by the names that they have there. */
function localNames(source: string): ReadonlyMap<string, string> {
  const imports = [...source.matchAll(/^import \{([^}]+)\} from '(\.\/\w+\/[^']+)'/gm)]
  return new Map(
    imports.flatMap(([, list = '', path = '']) =>
      [...list.matchAll(/(\w+)(?: as (\w+))?/g)].map(([, name = '', local = name]) => {
        return [local, `${resolve(dirname(index), path)} ${name}`] as const
      }),
    ),
  )
}

/** The files of the kit that a file imports, with itself. */
function filesFrom(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/ from '(\.{1,2}\/[^']+)'/g)) {
    const found = resolve(dirname(file), path)
    if (folders.some((folder) => found.startsWith(folder))) filesFrom(found, seen)
  }
  return seen
}

/** By name, and by file and name: two files may declare the same name. The last of several overloads counts. */
function declarationsIn(file: string): [string, Declared][] {
  const text = readFileSync(file, 'utf8')
  const pattern = /(?:^\/\*\*((?:(?!\*\/).)*)\*\/\n)?^export (function|interface|type|const) (\w+)/gms
  return [...text.matchAll(pattern)].flatMap((found): [string, Declared][] => {
    const [whole, doc = '', kind = '', name = ''] = found
    const start = found.index + whole.lastIndexOf('export ')
    const one = { doc: proseOf(doc), text: declarationAt(text.slice(start), kind), isType: /^[it]/.test(kind) }
    return [
      [name, one],
      [`${file} ${name}`, one],
    ]
  })
}

function declarationAt(text: string, kind: string): string {
  // The members of an object that describes them are its documentation.
  const [object = ''] = kind === 'const' ? (/^[^\n]* = (?:withKnownNames\('\w+', )?\{\n.*?^\}/ms.exec(text) ?? []) : []
  if (object.startsWith('export') && object.includes('/**')) return object.replace(/withKnownNames\(.*, \{/, '{')
  const ends = { function: / \{$/m, interface: /^\}$/m, type: /\n(?=\n|$)/, const: / =(?: |$)/m }[kind] ?? /$/
  const found = ends.exec(text)
  const end = found === null ? text.length : found.index + (kind === 'interface' ? 1 : 0)
  return text.slice(0, end).trim()
}

function proseOf(doc: string): string {
  const lines = doc.split('\n').map((line) => line.replace(/^ *\* ?/, '').trim())
  return lines
    .join('\n')
    .replaceAll(/\s*@(param|returns|throws) /g, (_tag, kind: string) => `\n\n- ${kind === 'param' ? '' : `${kind} `}`)
    .trim()
}

/** The names that are mentioned, directly or by others. */
function reached(roots: readonly string[], declared: ReadonlyMap<string, Declared>): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (name: string): void => {
    const one = declared.get(name)
    if (one === undefined || found.has(name) || isInner(name)) return
    found.add(name)
    if (!opaque.has(name)) for (const [word] of one.text.matchAll(/\b[A-Z]\w+/g)) visit(word)
  }
  for (const root of roots) visit(root)
  return found
}

function shown(title: string, declared: Declared | undefined): string {
  if (declared === undefined) return `### ${title}\n\n`
  const { doc, text } = declared
  const code = text.replaceAll(/\breadonly /g, '').replace(/^export /, '')
  const says = !opaque.has(title) && !/^const \w+$/.test(code)
  return `### ${title}\n\n${doc === '' ? '' : `${doc}\n\n`}${says ? `\`\`\`ts\n${code}\n\`\`\`\n\n` : ''}`
}

if (import.meta.main) writeFileSync(referencePage, dialectReference())
