import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { receiverLanguages } from '../src/contracts/recipe.ts'
import { standard } from '../src/dialects/standard/standard.ts'

suite('docs/receiving.md has the code of the dialect standard in', () => {
  const page = readFileSync(new URL('../docs/receiving.md', import.meta.url), 'utf8')
  const [made] = standard.receiving.snippets()
  for (const language of receiverLanguages) {
    test(language, () => {
      const [, code] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? []
      assert.equal(code, made?.snippets.find((snippet) => snippet.language === language)?.code)
    })
  }
})
