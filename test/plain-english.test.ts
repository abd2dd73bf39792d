// The language of comments, messages and documents: plain technical English. Each banned pattern stands for a habit that
// makes readers stop: a relative clause without a noun, an inverted sentence, a word that the field does not use.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { suite, test } from 'node:test'

const root = new URL('..', import.meta.url).pathname

/** What is banned, and what to write instead. */
const banned: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b(?:whoever|whomever|whosoever|whatever|whichever|wherever)\b/i, 'name the noun: the caller, the node, any …'],
  [/\b(?:those|the one|one|ones|all|others|him|he) who\b/i, 'name the noun: the callers, the nodes'],
  [
    /\b(?:somebody|nobody|anybody|everybody|someone|anyone|everyone)\b/i,
    'name the noun: a caller, no node, every tenant',
  ],
  [/(?:^|[.:;!?] )Who\b(?![^.!]*\?)/, 'start with the noun: the operator, a node'],
  [/(?:^|[.:;!?] )What\b(?![^.!]*\?)/, 'start with the noun: the events that …, the result of …'],
  [/(?:^|[.:;!?] )Of (?:a|an|the|all|its|one|two|those|each|every|what|which|these)\b/, 'subject first'],
  [
    /\bwhat (?:was|is|were|are|has|had|came|comes|went|goes|waits|waited|stands|stood|fails|failed)\b/i,
    'name the noun: the events that were …',
  ],
  [/\bmend(?:ed|s|ing)?\b/i, 'fix, repair'],
  [/\b(?:anew|afresh)\b/i, 'again'],
  [/\blikewise\b/i, 'the same, also'],
  [/\b(?:goes|go|went|going) (?:its|their|his|her) way\b/i, 'continues'],
  [
    /\b(?:in the midst|amidst|for want of|to be had|be it|by and by|hitherto|thereof|thereby|whence|nought|ere)\b/i,
    'say it plainly',
  ],
  [/\b(?:save|but) for\b/i, 'except for'],
  [/\btill\b/i, 'until'],
  [/\b(?:forgets|forget|forgot|forgotten|remembers|remembered|remember)\b/i, 'drops, deletes; keeps, stores, caches'],
  [/\b(?:hears|hear|heard)\b/i, 'gets, receives, learns of'],
  [/\b(?:word of|gives way|takes? its place|came to nothing|in vain|at hand|house)\b/i, 'say it plainly'],
  [/\b(?:befalls?|betrays?|dwells?|sleeps on|wanders?|astray)\b/i, 'say it plainly'],
]

/** Words that quote something else: a protocol, a vendor, a library. */
const allowed = [/`[^`]*`/g, /\bremember(?:ed)? (?:me|the password)\b/gi, /in-house/gi, /It's a Secret to Everybody/g]

interface Passage {
  readonly file: string
  readonly line: number
  readonly text: string
}

suite('plain English', () => {
  test('finds what it looks for', () => {
    const faults = [
      '// Whoever writes drops it.',
      '// Of a tenant that changed only that is read.',
      '// It is mended by then.',
      '// What was lost is sent again.',
    ]
    for (const fault of faults) assert.notDeepEqual(faultsOf(passagesOfCode('planted.ts', fault)), [], fault)
    assert.deepEqual(faultsOf(passagesOfCode('planted.ts', 'const whoever = 1 // a node')), [])
  })

  for (const [what, patterns] of [
    [
      'comments and messages',
      [
        'src/**/*.{ts,sql}',
        'test/**/*.ts',
        'bench/**/*.ts',
        'examples/**/*.ts',
        'ui/{*,{dashboard,portal,shared}/**/*}.{ts,tsx}',
      ],
    ],
    ['documents', ['*.md', 'docs/**/*.md', 'src/**/*.md', 'test/**/*.md', 'bench/*.md']],
  ] as const) {
    test(`${what} have no banned words`, () => {
      const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root, exclude: ['**/node_modules/**'] }))
      assert.ok(files.length > 5)
      const passages = files.flatMap((file) => {
        const text = readFileSync(root + file, 'utf8')
        if (file.endsWith('.md')) return passagesOfDocument(file, text)
        // Indented comments are inside of a statement. SQLite stores them in its schema, so they stay as they are.
        return passagesOfCode(file, file.endsWith('.sql') ? text.replaceAll(/^--/gm, '//') : text)
      })
      assert.deepEqual(faultsOf(passages), [])
    })
  }
})

function faultsOf(passages: readonly Passage[]): string[] {
  return passages.flatMap(({ file, line, text }) => {
    const own = allowed.reduce((rest, pattern) => rest.replaceAll(pattern, '…'), text)
    return banned.flatMap(([pattern, instead]) => {
      const found = pattern.exec(own)
      return found === null ? [] : [`${file}:${line}: “${found[0].trim()}”: ${instead}`]
    })
  })
}

/** Comments, a block of lines as one passage each, and texts in quotes that read like sentences. */
function passagesOfCode(file: string, code: string): Passage[] {
  if (file === 'test/plain-english.test.ts') return []
  const passages: Passage[] = []
  let open: { line: number; lines: string[] } | null = null
  const close = (): void => {
    if (open !== null) passages.push({ file, line: open.line, text: open.lines.join(' ') })
    open = null
  }
  for (const [index, line] of code.split('\n').entries()) {
    const comment = /(?:^|\s)(?:\/\/|\/\*\*?|\*(?!\/))(?: |$)(.*?)(?:\*\/)?$/.exec(line)
    if (comment === null) close()
    else if (/^\s*(?:\/\/|\/\*|\*)/.test(line)) {
      open ??= { line: index + 1, lines: [] }
      open.lines.push((comment[1] ?? '').trim())
    } else {
      close()
      passages.push({ file, line: index + 1, text: comment[1] ?? '' })
    }
    if (comment !== null && /^\s*(?:\/\/|\/\*|\*)/.test(line)) continue
    for (const [, , text = ''] of line.matchAll(/(['"`])((?:\\.|(?!\1).)* (?:\\.|(?!\1).)* (?:\\.|(?!\1).)*)\1/g)) {
      passages.push({ file, line: index + 1, text })
    }
  }
  close()
  return passages
}

/** Paragraphs and table rows, without code. */
function passagesOfDocument(file: string, document: string): Passage[] {
  const passages: Passage[] = []
  let fenced = false
  let text: string[] = []
  let start = 1
  const close = (): void => {
    if (text.length > 0) passages.push({ file, line: start, text: text.join(' ') })
    text = []
  }
  for (const [index, line] of document.split('\n').entries()) {
    if (line.startsWith('```')) fenced = !fenced
    if (fenced || line.startsWith('    ') || line.startsWith('```') || line.trim() === '') {
      close()
      continue
    }
    if (/^(?:\s*[-*|>]|\s*\d+\.|#)/.test(line)) close()
    if (text.length === 0) start = index + 1
    text.push(line.replace(/^[\s>#*|-]+/, ''))
  }
  close()
  return passages
}
