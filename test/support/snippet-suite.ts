// The code of receivers, held against real deliveries and the test vectors of every dialect.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ReceiverLanguage } from '../../src/contracts/recipe.ts'
import { casesOf, type Captured } from './captured-deliveries.ts'
import { hasPackage, runSnippets } from './snippet-runs.ts'

export function snippetSuite(languages: readonly ReceiverLanguage[], captured: readonly Captured[]): void {
  suite('the code of receivers accepts and refuses deliveries as it must, in', () => {
    for (const language of languages) {
      test(language, async (t) => {
        const usable = captured.flatMap(({ snippets, ...rest }) => {
          const { code = null, needs = null } = snippets.find((snippet) => snippet.language === language) ?? {}
          if (code === null) return []
          if (needs === null || hasPackage(language, needs)) return [{ ...rest, snippets, code }]
          t.diagnostic(`SKIPPED: ${rest.name}, because the package ${needs} is not installed`)
          return []
        })
        assert.ok(usable.length >= 15, String(usable.length))
        const cases = casesOf(usable)
        const answers = await runSnippets(language, usable, cases)
        if (typeof answers === 'string') return t.skip(answers)
        const wrong = cases.flatMap(({ program, vector: { title, isValid } }, index) =>
          answers[index] === isValid
            ? []
            : [`${usable[program]?.name}, ${JSON.stringify(usable[program]?.recipe)}: ${title}`],
        )
        assert.deepEqual(wrong, [])
        assert.equal(answers.length, cases.length)
        t.diagnostic(`${usable.length} functions, ${cases.length} deliveries`)
      })
    }
  })
}
