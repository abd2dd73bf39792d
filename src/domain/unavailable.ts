/**
 * The call cannot be served now. It took no effect, unless `outcomeUnknown`. The caller may retry it; APIs answer 503.
 * No restart is needed.
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
