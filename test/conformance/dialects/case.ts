import type { World } from './world.ts'

/** Registers one test. */
export type Case = (title: string, body: (world: World) => Promise<void>) => void
