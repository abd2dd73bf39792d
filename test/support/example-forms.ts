// Compares an answer of a real server with a recorded one: they have the same members and forms.

/** The kinds of its ids, such as `ep_`, and its punctuation. A delivery has the white space of the event that was posted. */
function formOf(text: string): string {
  const kinds = text.match(/\b[a-z]{2,10}_(?=[A-Za-z\d]{12})/g) ?? []
  return kinds.join() + text.replaceAll(/\s+/g, '').replaceAll(/[\w+/=-]+/g, 'x')
}

/** The places where a value has another form. Null fits each form: a time is null until it has come. */
export function differences(recorded: unknown, real: unknown, place: string): string[] {
  if (recorded === null || real === null) return []
  if (typeof recorded === 'string' && typeof real === 'string') {
    return formOf(recorded) === formOf(real) ? [] : [`${place}: ${recorded} and ${real}`]
  }
  if (Array.isArray(recorded) && Array.isArray(real)) {
    return recorded.length === 0 || real.length === 0 ? [] : differences(recorded[0], real[0], `${place}.0`)
  }
  if (typeof recorded !== 'object' || typeof real !== 'object') {
    return typeof recorded === typeof real ? [] : [`${place}: ${typeof recorded} and ${typeof real}`]
  }
  const [one, other] = [recorded as Record<string, unknown>, real as Record<string, unknown>]
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  return names.flatMap((name) =>
    name in one && name in other
      ? differences(one[name], other[name], `${place}.${name}`)
      : [`${place}.${name}: in ${name in one ? 'the record' : 'the answer'} only`],
  )
}
