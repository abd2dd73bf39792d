/**
 * The call cannot be served now. It had no effect, unless `outcomeUnknown` is true. The caller may retry it; APIs
 * respond with 503. No restart is needed.
 */
export class Unavailable extends Error {
  override name = 'Unavailable'
  /** The call may have taken effect. */
  readonly outcomeUnknown: boolean

  constructor(message: string, options: { readonly cause?: unknown; readonly outcomeUnknown?: boolean } = {}) {
    super(message, options)
    this.outcomeUnknown = options.outcomeUnknown ?? false
  }
}
