// Reads a list page by page, as its callers do.

import type { Turning } from '../dialect-kit/pages/pages.ts'
import type { Answer } from './document.ts'
import type { Served } from './subject.ts'
import type { Customer, Trial } from './trial.ts'

/** No check makes more webhooks than pages of one webhook. */
const pagesMax = 5

/** The ids on all pages of one webhook. */
export async function turned(
  trial: Trial,
  customer: Customer,
  list: Served,
  turning: Turning,
): Promise<readonly string[]> {
  const { subject } = trial
  const ids: string[] = []
  const read = async (place: string | null): Promise<Answer | null> => {
    const query = { [turning.size]: '1', ...(place !== null && { [turning.place]: place }) }
    const answer = await trial.ask(customer, list, { query })
    const shown = subject.endpointsIn(answer.body).map((one) => subject.idIn(one))
    if (answer.status >= 300 || !shown.some((id) => !ids.includes(id))) return null
    ids.push(...shown)
    return answer
  }
  let page = await read(null)
  for (let number = 1; page !== null && number < pagesMax; number++) {
    const places = placesIn(page, turning, { number, last: ids.at(-1) ?? '' })
    page = null
    for (const place of places) page ??= await read(place)
  }
  return ids
}

/** Where the next page may be, by a page. */
function placesIn(
  { body, link }: Answer,
  { by, place }: Turning,
  { number, last }: { readonly number: number; readonly last: string },
): readonly string[] {
  switch (by) {
    case 'number':
      return [String(number + 1)]
    case 'offset':
      return [String(number)]
    case 'id':
      return [last]
    case 'cursor': {
      const texts = [...textsIn(body), ...[...link.matchAll(/<([^>]+)>/g)].map(([, url]) => url as string)]
      return [...new Set(texts.map((text) => URL.parse(text)?.searchParams.get(place) ?? text))]
    }
  }
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
