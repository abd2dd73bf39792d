import { dirname, extname, join } from 'node:path'

/** The path of the module `name` in the folder of `file`: TypeScript like `file`, or JavaScript in the built package. */
export function moduleBeside(file: string, name: string): string {
  return join(dirname(file), `${name}${extname(file)}`)
}
