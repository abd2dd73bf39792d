/** A definition of a dialect that cannot be used: the field, and the expectation there. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError'

  /** @param field the place in the definition, such as `ids.endpoint` */
  constructor(field: string, expected: string) {
    super(`${field}: ${expected}`)
  }
}
