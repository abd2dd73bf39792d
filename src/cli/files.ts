// The files that options and arguments name.

import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { readFault, writeFault } from '../config/file-fault.ts'
import { CommandFailed, WrongUse } from './faults.ts'

/**
 * The bytes of a file; `-` is stdin.
 *
 * @param name the option or variable that names the file, for errors; null: an argument
 * @throws WrongUse the file cannot be read
 */
export async function contentOf(name: string | null, path: string): Promise<Buffer<ArrayBuffer>> {
  try {
    if (path === '-') return await (await import('node:stream/consumers')).buffer(process.stdin)
    return readFileSync(path)
  } catch (error) {
    throw new WrongUse(`${named(name, path === '-' ? 'stdin' : path)} ${readFault(error)}`)
  }
}

/** @param name as in `contentOf` @throws WrongUse the file cannot be read */
export function assertFile(name: string | null, path: string): void {
  try {
    accessSync(path, constants.R_OK)
    if (!statSync(path).isDirectory()) return
  } catch (error) {
    throw new WrongUse(`${named(name, path)} ${readFault(error)}`)
  }
  throw new WrongUse(`${named(name, path)} ${readFault({ code: 'EISDIR' })}`)
}

/** @param name as in `contentOf` @throws CommandFailed no file can be written in the folder of `path` */
export function assertWritable(name: string | null, path: string): void {
  try {
    // With the slash, a file in place of the folder is an error.
    accessSync(`${dirname(path)}/`, constants.W_OK)
  } catch (error) {
    throw new CommandFailed(`${named(name, path)} ${writeFault(error)}`)
  }
}

function named(name: string | null, path: string): string {
  return name === null ? path : `${name} ${path}`
}
