// The signatures of a dialect, for its receivers.

import type { Dialect } from '../../contracts/dialect.ts'
import type { Receiving, Recipe, UndescribedSignature } from '../../contracts/recipe.ts'
import { type Deliveries, recipesOf } from './recipe.ts'
import { snippetsOf } from './snippets.ts'
import { vectorsOf } from './vectors.ts'

/** @returns the recipes, which are made now, and their code and vectors, which are made when they are first read */
export function receivingOf(dialect: Omit<Dialect, 'receiving'>, deliveries: Deliveries): Receiving {
  const signatures = recipesOf(deliveries)
  const recipes = signatures.filter(isRecipe)
  let vectors: ReturnType<Receiving['vectors']> | null = null
  return {
    signatures,
    snippets: () => recipes.map((recipe) => ({ recipe, snippets: snippetsOf(recipe) })),
    vectors: () =>
      (vectors ??= Promise.all(recipes.map(async (recipe) => ({ recipe, vectors: await vectorsOf(dialect, recipe) })))),
  }
}

function isRecipe(one: Recipe | UndescribedSignature): one is Recipe {
  return 'algorithm' in one
}
