import type { Dialect } from '../../../shared/types.ts'

/** The search parameters of the address. */
export type Choices = Readonly<Record<string, string | readonly string[] | undefined>>

/** A part of the page of a dialect. Its choices stand in the address. */
export interface DialectPartProps {
  readonly dialect: Dialect
  readonly search: Choices
  readonly change: (choices: Choices) => void
}
