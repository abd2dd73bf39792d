// The code of receivers, held against real deliveries and the test vectors of every dialect.

import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import type { ReceiverLanguage } from '../src/contracts/recipe.ts'
import { captureDeliveries, casesOf, type Captured } from './support/captured-deliveries.ts'
import { forgeries } from './support/forged-deliveries.ts'
import { type Case, hasPackage, type Program, runSnippets } from './support/snippet-runs.ts'

const captured = await captureDeliveries()

const languages: readonly ReceiverLanguage[] = ['javascript', 'python', 'ruby', 'php', 'go', 'java']

suite('the code of receivers accepts and refuses deliveries as it must, in', () => {
  for (const language of languages) {
    test(language, async (t) => {
      const usable = usableIn(t, language)
      assert.ok(usable.length >= 15, String(usable.length))
      await expectAnswers(t, language, usable, casesOf(usable), ({ vector }) => new RegExp(`^${vector.isValid}$`))
    })
  }
})

suite('an empty secret verifies nothing, and is an error, in', () => {
  for (const language of languages) {
    test(language, async (t) => {
      const usable = usableIn(t, language)
      const cases = await Promise.all(
        usable.map(async ({ recipe, vectors }, program) =>
          (await forgeries(recipe, vectors[0] as Case['vector'])).map((vector) => ({ program, vector })),
        ),
      )
      await expectAnswers(t, language, usable, cases.flat(), () => /^the secret is empty/)
    })
  }
})

type Usable = Captured & Program

/** The recipes that have code in the language, if the package that the code needs is here. */
function usableIn(t: TestContext, language: ReceiverLanguage): readonly Usable[] {
  return captured.flatMap(({ snippets, ...rest }) => {
    const { code = null, needs = null } = snippets.find((snippet) => snippet.language === language) ?? {}
    if (code === null) return []
    if (needs === null || hasPackage(language, needs)) return [{ ...rest, snippets, code }]
    t.diagnostic(`SKIPPED: ${rest.name}, because the package ${needs} is not installed`)
    return []
  })
}

async function expectAnswers(
  t: TestContext,
  language: ReceiverLanguage,
  usable: readonly Usable[],
  cases: readonly Case[],
  expected: (one: Case) => RegExp,
): Promise<void> {
  const answers = await runSnippets(language, usable, cases)
  if (typeof answers === 'string') return t.skip(answers)
  const wrong = cases.flatMap((one, index) => {
    const { name, recipe } = usable[one.program] as Usable
    const answer = answers[index] ?? 'none'
    return expected(one).test(answer) ? [] : [`${name}, ${JSON.stringify(recipe)}: ${one.vector.title}: ${answer}`]
  })
  assert.deepEqual(wrong, [])
  assert.equal(answers.length, cases.length)
  t.diagnostic(`${usable.length} functions, ${cases.length} deliveries`)
}
