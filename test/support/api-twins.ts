// The API twins that pages show: requests as text.

import type { Locator, Page } from 'playwright-core'

/** The text of the request of a twin. */
export async function twinOf(place: Page | Locator, title: string): Promise<string> {
  return (await place.getByRole('region', { name: title }).getByLabel('Request').textContent()) ?? ''
}

/** The request that a text describes. */
export function requestOf(text: string) {
  const [head = '', body = ''] = text.split('\n\n')
  const [first = '', ...lines] = head.split('\n')
  const [method = '', path = ''] = first.split(' ')
  const headers = lines.map((line) => line.split(': ') as [string, string])
  return { method, path, headers, body }
}

export interface TwinAnswer {
  /** The request is not sent: the answer is the one that would come. */
  readonly isPreview: boolean
  readonly status: number
  readonly text: string
}

/** An element of the page. */
interface Twin {
  readonly textContent: string
  querySelector(selector: string): Pick<Twin, 'textContent'> | null
}

/** The answer of a twin; null: it has none yet. */
export async function answerOf(place: Page | Locator, title: string): Promise<TwinAnswer | null> {
  const twin = place.getByRole('region', { name: title })
  // The page may change at any time, so that all is read at once.
  const { words, text } = await twin.evaluate((element: Twin) => ({
    words: element.textContent,
    text: element.querySelector('[aria-label^="The answer would be"], [aria-label^="Answer"]')?.textContent ?? '',
  }))
  const found = /(The answer would be|Answer): (\d+)/.exec(words)
  return found && { isPreview: found[1] !== 'Answer', status: Number(found[2]), text }
}
