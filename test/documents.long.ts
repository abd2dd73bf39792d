// Builds the documentation site, and follows the links between its pages.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const root = resolve(import.meta.dirname, '..')

test('the site builds, its links lead to its pages and headings, and it loads nothing from other hosts', async (t) => {
  const site = await mkdtemp(join(tmpdir(), 'posthorn-site-'))
  t.after(() => rm(site, { recursive: true }))
  await promisify(execFile)('npm', ['run', 'docs:build', '--', '--outDir', site], { cwd: root })
  const pages = globSync('**/*.html', { cwd: site })
  assert.ok(pages.includes('index.html') && pages.includes('docs/concepts.html'))
  const htmlOf = new Map(pages.map((page) => [join(site, page), readFileSync(join(site, page), 'utf8')]))
  const broken: string[] = []
  for (const [page, html] of htmlOf) {
    for (const [, tag = '', link = ''] of html.matchAll(/<(a|link|script|img)\b[^>]*? (?:href|src)="([^"]+)"/g)) {
      const isHere = !/^\w+:|^\/\//.test(link)
      if (isHere ? !isFound(page, link) : tag !== 'a' && !link.startsWith('data:'))
        broken.push(`${page.slice(site.length)}: ${link}`)
    }
  }
  assert.deepEqual(broken, [])

  function isFound(page: string, link: string): boolean {
    const [path = '', anchor] = link.split('#')
    const file = path === '' ? page : path.startsWith('/') ? join(site, path) : join(dirname(page), path)
    const target = [file, `${file}.html`, join(file, 'index.html')].find(
      (name) => /\.\w+$/.test(name) && existsSync(name),
    )
    if (target === undefined) return false
    return (
      anchor === undefined ||
      anchor === '' ||
      htmlOf.get(target)?.includes(` id="${decodeURIComponent(anchor)}"`) === true
    )
  }
})
