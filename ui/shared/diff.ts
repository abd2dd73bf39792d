// The difference of two texts, line by line.

export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
}

/** Above so many pairs of lines, the changed part is shown as removed and added whole. */
const pairsMax = 4_000_000

/** The lines of both texts in order. Equal lines are the longest common subsequence. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, now] = [linesOf(before), linesOf(after)]
  let start = 0
  while (start < old.length && start < now.length && old[start] === now[start]) start++
  let end = 0
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end++
  return [
    ...lines('same', old.slice(0, start)),
    ...changed(old.slice(start, old.length - end), now.slice(start, now.length - end)),
    ...lines('same', old.slice(old.length - end)),
  ]
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.split('\n')
}

function lines(kind: DiffLine['kind'], texts: readonly string[]): DiffLine[] {
  return texts.map((text) => ({ kind, text }))
}

function changed(old: readonly string[], now: readonly string[]): DiffLine[] {
  if (old.length * now.length > pairsMax) return [...lines('removed', old), ...lines('added', now)]
  const common = commonLengths(old, now)
  const found: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < old.length && j < now.length) {
    if (old[i] === now[j]) {
      found.push({ kind: 'same', text: old[i] as string })
      i++
      j++
    } else if (common(i + 1, j) >= common(i, j + 1)) found.push({ kind: 'removed', text: old[i++] as string })
    else found.push({ kind: 'added', text: now[j++] as string })
  }
  return [...found, ...lines('removed', old.slice(i)), ...lines('added', now.slice(j))]
}

/** How many lines the rests of both texts have in common, from line `i` of the old and line `j` of the new one. */
function commonLengths(old: readonly string[], now: readonly string[]): (i: number, j: number) => number {
  const width = now.length + 1
  const lengths = new Uint32Array((old.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] as number
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      lengths[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  return at
}
