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
