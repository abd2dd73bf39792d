import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { receiverLanguages } from '../src/contracts/recipe.ts'
import { standard } from '../src/dialects/standard/standard.ts'

suite('docs/receiving.md has, of the dialect standard,', () => {
  const page = readFileSync(new URL('../docs/receiving.md', import.meta.url), 'utf8')
  test('its retries and its timeout', () => {
    const { retries, timeoutMs } = standard
    const hours = Math.floor(retries.waitsMs.reduce((sum, wait) => sum + wait, 0) / 3_600_000)
    assert.deepEqual([retries.waitsMs.length + 1, hours, timeoutMs], [10, 75, 20_000])
    assert.match(page, /after 20 seconds/)
    assert.match(page.replaceAll(/\s+/g, ' '), /ten attempts over 75 hours/)
  })

  const [made] = standard.receiving.snippets()
  for (const language of receiverLanguages) {
    test(`the code in ${language}`, () => {
      const [, code] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? []
      assert.equal(code, made?.snippets.find((snippet) => snippet.language === language)?.code)
    })
  }
})

test('the names that pages import from the packages are there', async () => {
  const packages = {
    verify: await import('../packages/verify/src/index.ts'),
    client: await import('../packages/client/src/index.ts'),
  }
  const pages = ['docs/receiving.md', 'packages/verify/README.md', 'packages/client/README.md']
  for (const page of pages) {
    const text = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8')
    const imports = [...text.matchAll(/^import \{ (.*) \} from '@?posthorn\/(verify|client)'$/gm)]
    assert.ok(imports.length > 0, page)
    for (const [, names = '', from] of imports) {
      const values = names.split(', ').filter((name) => !name.startsWith('type '))
      for (const name of values) assert.ok(name in packages[from as keyof typeof packages], `${page}: ${name}`)
    }
    for (const [name] of text.matchAll(/\b\w+(?:Handler|Plugin)(?=\()/g))
      assert.ok(name in packages.verify, `${page}: ${name}`)
  }
})
