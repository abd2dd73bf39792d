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
