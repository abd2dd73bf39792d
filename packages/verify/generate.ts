// Writes src/recipes.ts: the recipes of the shipped dialects.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { registry } from '../../src/dialects/registry.ts'

/** The text of src/recipes.ts. @throws Error: a dialect has no signature, or several */
export function recipesText(): string {
  const recipes = registry.map(({ dialect: { name, receiving } }) => {
    const [recipe, ...others] = receiving.signatures
    if (recipe === undefined || others.length > 0) throw new Error(`${name} must have one signature`)
    return `${name}: ${JSON.stringify(recipe)}`
  })
  return formatted(`// The recipes of the dialects that Posthorn has. \`node packages/verify/generate.ts\` wrote this file.

import type { Recipe } from './recipe.ts'

export const recipes = { ${recipes.join(',')} } as const satisfies Readonly<Record<string, Recipe>>

/** A dialect that Posthorn has. */
export type DialectName = keyof typeof recipes
`)
}

function formatted(code: string): string {
  const program = resolve(import.meta.dirname, '../../node_modules/.bin/oxfmt')
  return spawnSync(program, ['--stdin-filepath=recipes.ts'], { input: code, encoding: 'utf8' }).stdout
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(new URL('src/recipes.ts', import.meta.url), recipesText())
}
