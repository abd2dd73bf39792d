// The links between the documents of the repository, with their anchors. The same documents are the pages of the site.

import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { anchorOf } from '../docs/.vitepress/anchors.ts'
import { leaves } from './support/command-reference.ts'
import { codeBlocks } from './support/documented.ts'

const root = resolve(import.meta.dirname, '..')
const documents = globSync('{*,{docs,packages,test,bench,examples,src,ui}/**/*}.md', {
  cwd: root,
  exclude: ['**/node_modules/**', '**/dist/**'],
})

/** The text of a document without code. */
function proseOf(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/^ *```.*?^ *```$/gms, '')
}

/** The code of a document: blocks, indented lines, and words between backticks. */
function codeOf(file: string): string {
  return [...readFileSync(file, 'utf8').matchAll(/^```.*?^```$|^ {4}.*$|`[^`\n]+`/gms)].map(([code]) => code).join('\n')
}

/** The anchors that a forge gives to the headings of a document. A heading that comes again gets a number. */
function anchorsOf(file: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of proseOf(file).matchAll(/^#+ (.+)$/gm)) {
    const anchor = anchorOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[*`]/g, ''))
    let number = 0
    while (anchors.has(number === 0 ? anchor : `${anchor}-${number}`)) number++
    anchors.add(number === 0 ? anchor : `${anchor}-${number}`)
  }
  return anchors
}

test('every link between documents leads to a file and to a heading', () => {
  assert.ok(documents.length > 20)
  const broken = documents.flatMap((document) => {
    const links = proseOf(join(root, document))
      .replaceAll(/`[^`\n]*`/g, '')
      .matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)
    return [...links].flatMap(([, link = '']) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? join(root, document) : resolve(root, dirname(document), path)
      const isFine = existsSync(target) && (anchor === undefined || anchorsOf(target).has(anchor))
      return isFine ? [] : [`${document}: ${link}`]
    })
  })
  assert.deepEqual(broken, [])
})

test('a page with commands says how a checkout runs them', () => {
  const names = leaves().map(({ words }) => words.split(' ')[1])
  const command = new RegExp(`(?<!npx )(?<![-\\w@./])posthorn (?:${names.join('|')})\\b`)
  const pages = globSync('docs/*.md', { cwd: root }).filter((page) => command.test(codeOf(join(root, page))))
  assert.ok(pages.length > 5)
  const says = 'In a checkout of the repository, `posthorn …` is `npx posthorn …`.'
  assert.deepEqual(
    pages.filter((page) => !readFileSync(join(root, page), 'utf8').replaceAll(/\s+/g, ' ').includes(says)),
    [],
  )
})

test('every page of docs is in the navigation of the site', () => {
  const config = readFileSync(join(root, 'docs/.vitepress/config.ts'), 'utf8')
  const pages = globSync('docs/*.md', { cwd: root }).map((page) => relative('.', page.replace(/\.md$/, '')))
  assert.deepEqual(
    pages.filter((page) => !config.includes(`'${page}'`)),
    [],
  )
})

test('the code that embeds the portal in docs/portal.md is that of examples/portal.ts', () => {
  const [frame] = codeBlocks('docs/portal.md').filter(({ text }) => text.includes('<iframe'))
  assert.ok(readFileSync(join(root, 'examples/portal.ts'), 'utf8').includes(frame?.text ?? assert.fail()))
})
