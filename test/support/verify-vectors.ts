// Verifies deliveries with packages/verify, in the runtime that runs this file.

import { verify } from '../../packages/verify/src/index.ts'
import type { Captured } from './captured-deliveries.ts'

/** @returns the number of deliveries, and the titles of those about which it is wrong */
export async function verifyVectors(captured: readonly Captured[]): Promise<{ count: number; wrong: string[] }> {
  let count = 0
  const wrong: string[] = []
  for (const { name, recipe, vectors } of captured) {
    for (const vector of vectors) {
      const fault = await verify({ recipe, ...vector }).then(() => null, String)
      count += 1
      if ((fault === null) !== vector.isValid) wrong.push(`${name}, ${vector.title}: ${fault}`)
    }
  }
  return { count, wrong }
}
