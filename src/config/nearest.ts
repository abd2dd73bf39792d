/** The text of a list, which is not empty, that the fewest changes of single characters make from the given one. */
export function nearest(text: string, list: readonly string[]): string {
  const [best = ''] = list.toSorted((one, other) => changesBetween(text, one) - changesBetween(text, other))
  return best
}

/** The Levenshtein distance. */
function changesBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [fromIndex, letter] of from.split('').entries()) {
    const next = [fromIndex + 1]
    for (const [index, other] of to.split('').entries()) {
      const replaced = (row[index] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
