type Value = string | number | readonly string[]

/** Collects the values of a statement that is built from parts. */
export class Values {
  readonly all: Value[] = []

  /** Returns the parameter of the value. */
  put(value: Value): string {
    return `$${this.all.push(value)}`
  }
}
