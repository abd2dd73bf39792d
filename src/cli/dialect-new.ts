// `posthorn dialect new`: writes the draft of a dialect, from questions or from the product's OpenAPI document.

import { writeFileSync } from 'node:fs'
import { writeFault } from '../config/file-fault.ts'
import { draftFrom } from '../dialect-draft/draft-from-openapi.ts'
import { fileOf, guessesIn } from '../dialect-draft/draft.ts'
import { pathOf } from '../dialect-draft/found.ts'
import { readOpenApi } from '../dialect-draft/openapi.ts'
import { plainDraft } from '../dialect-draft/plain-draft.ts'
import { registry } from '../dialects/registry.ts'
import { isOwnPath } from '../domain/own-paths.ts'
import { asked } from './dialect-questions.ts'
import { WrongUse } from './faults.ts'
import { answered } from './questions.ts'

export interface NewFlags {
  /** The product's OpenAPI document. */
  readonly from?: string
  /** Asks nothing. */
  readonly yes?: true
  /** The file to write; default: `<name>.ts`. */
  readonly out?: string
}

/**
 * Runs the command.
 *
 * @throws WrongUse Posthorn has a dialect of this name
 * @throws DocumentError the document cannot be used
 * @throws DraftError the draft could not be served, or its file exists already
 */
export async function draft(name: string, flags: NewFlags, output: { write(text: string): unknown }): Promise<void> {
  if (registry.some(({ dialect }) => dialect.name === name)) {
    throw new WrongUse(`Posthorn has the dialect ${name} already: choose another name`)
  }
  const file = flags.out ?? `${name}.ts`
  const drafted =
    flags.from !== undefined
      ? draftFrom(await readOpenApi(flags.from), name)
      : flags.yes === true
        ? plainDraft(name)
        : await answered((terminal) => asked(plainDraft(name), terminal))
  const own = Object.keys(drafted.routes).find((route) => isOwnPath(pathOf(route)))
  if (own !== undefined) {
    throw new DraftError(
      `${own} is a path of Posthorn itself, which no dialect may have: draft the API of your product`,
    )
  }
  const text = fileOf(drafted)
  try {
    writeFileSync(file, text, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new DraftError(`the file ${file} exists already: give another one with --out`)
    }
    throw new DraftError(`${flags.out === undefined ? file : `--out ${file}`} ${writeFault(error)}`)
  }
  const guesses = guessesIn(text)
  output.write(`${file} has ${guesses} guesses, each marked with // GUESS. When they are settled:

    ${calledBy(process.env)} dialect check ${file}
`)
}

/** The words with which the user has called the program. npm says in the environment that it was `npx`. */
function calledBy({ npm_lifecycle_event: event }: NodeJS.ProcessEnv): string {
  return event === 'npx' ? 'npx posthorn' : 'posthorn'
}

/** A draft could not be served, or its file cannot be written. */
export class DraftError extends Error {
  override readonly name = 'DraftError'
}
