// How a receiver verifies the deliveries of a dialect, as plain data: snippets, test vectors and debuggers follow from it.

import type { Recipe } from '../../packages/verify/src/recipe.ts'

export type * from '../../packages/verify/src/recipe.ts'

/** A signature that no recipe can describe. */
export interface UndescribedSignature {
  /** Where it stands: the name of a header, or `body`. */
  readonly in: string
  readonly undescribed: string
}

export const receiverLanguages = ['javascript', 'python', 'go', 'ruby', 'php', 'java'] as const
export type ReceiverLanguage = (typeof receiverLanguages)[number]

/** A function that verifies deliveries by one recipe. */
export interface Snippet {
  readonly language: ReceiverLanguage
  /** Null: the standard library of the language does not suffice. */
  readonly code: string | null
  /** A package that the code needs, or that is to be used in place of code; null: none is needed. */
  readonly needs: string | null
}

/** A delivery that a correct receiver accepts or refuses. */
export interface TestVector {
  readonly title: string
  readonly isValid: boolean
  /** The secret, or the public key in PEM. */
  readonly secret: string
  /** The receiver's clock, Unix time in seconds. */
  readonly now: number
  readonly url: string
  readonly webhookId: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The signatures of a dialect, for its receivers. */
export interface Receiving {
  /** Empty: deliveries are not signed. */
  readonly signatures: readonly (Recipe | UndescribedSignature)[]
  /** Returns code for each recipe and language, in the order of `signatures`. */
  snippets(): readonly { readonly recipe: Recipe; readonly snippets: readonly Snippet[] }[]
  /** Returns deliveries of each recipe, made with new keys where the dialect signs with a key pair. */
  vectors(): Promise<readonly { readonly recipe: Recipe; readonly vectors: readonly TestVector[] }[]>
}
