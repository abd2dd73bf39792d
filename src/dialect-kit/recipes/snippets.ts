// Code that verifies deliveries, in every language.

import { type Recipe, type ReceiverLanguage, receiverLanguages, type Snippet } from '../../contracts/recipe.ts'
import { go } from './go.ts'
import { java } from './java.ts'
import { javascript } from './javascript.ts'
import { php } from './php.ts'
import { insteadOfCode, packageOf, planOf, type Writer } from './plan.ts'
import { python } from './python.ts'
import { ruby } from './ruby.ts'

const writers: Readonly<Record<ReceiverLanguage, Writer>> = { javascript, python, go, ruby, php, java }

export function snippetsOf(recipe: Recipe): readonly Snippet[] {
  const plan = planOf(recipe)
  return receiverLanguages.map((language) => {
    const instead = insteadOfCode(plan, language)
    if (instead !== null) return { language, code: null, needs: instead }
    return { language, code: writers[language](plan), needs: packageOf(plan, language) }
  })
}
