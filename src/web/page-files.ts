// The built pages in memory: each file as it is, and as the build compressed it.

import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { EncodedBody } from '../http/encoded.ts'

/** By path below the folder, with `/`. */
export type PageFiles = ReadonlyMap<string, EncodedBody>

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** @returns null: the pages were not built */
export function readPageFiles(folder: string): PageFiles | null {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => extname(name) in contentTypes,
    )
    return new Map(names.map((name) => [name.replaceAll('\\', '/'), readFile(join(folder, name))]))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function readFile(path: string): EncodedBody {
  const contentType = contentTypes[extname(path)] as string
  return {
    contentType,
    identity: readFileSync(path),
    gzip: readFileSync(`${path}.gz`),
    br: readFileSync(`${path}.br`),
  }
}
