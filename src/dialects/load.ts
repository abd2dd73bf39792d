// Dialects in files of the operator. Such a file imports `posthorn/dialect`, as the shipped dialects do, from any folder:
// no `node_modules` is needed there.

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import { type Registration, registry } from './registry.ts'

/** A file that cannot be used as a dialect: one line that names it. */
export class DialectFileError extends Error {
  override readonly name = 'DialectFileError'
}

/** In a folder: no declarations, tests, or examples such as `acme.examples.ts`. */
const fileOfDialect = /^[^.]+\.m?[jt]s$/
const kitUrl = import.meta.resolve('posthorn/dialect')

/**
 * The shipped dialects and those of the files.
 *
 * @param paths files, and folders of files; each file has one dialect as its default export
 * @throws DialectFileError
 */
export async function loadDialects(paths: readonly string[]): Promise<readonly Registration[]> {
  if (paths.length === 0) return registry
  const files = paths.flatMap(filesIn)
  resolveKitFrom(new Set(files.map((file) => pathToFileURL(file).href)))
  const all: { readonly registration: Registration; readonly place: string }[] = registry.map((registration) => ({
    registration,
    place: 'Posthorn',
  }))
  for (const file of files) {
    const loaded = await load(file)
    for (const { registration, place } of all) refuseSame(loaded, file, registration, place)
    all.push({ registration: loaded, place: file })
  }
  return all.map(({ registration }) => registration)
}

function filesIn(path: string): readonly string[] {
  const whole = resolve(path)
  if (!existsSync(whole)) throw new DialectFileError(`the dialect file ${path} does not exist`)
  if (!statSync(whole).isDirectory()) return [whole]
  const files = readdirSync(whole).filter((name) => fileOfDialect.test(name))
  if (files.length === 0) throw new DialectFileError(`the folder ${path} has no dialect files (.ts, .js)`)
  return files.toSorted().map((name) => join(whole, name))
}

/** Lets the files import `posthorn/dialect`. They are modules, with or without a package.json near them. */
function resolveKitFrom(urls: ReadonlySet<string>): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'posthorn/dialect') return next(kitUrl, context)
      const found = next(specifier, context)
      if (!urls.has(found.url)) return found
      return { ...found, format: /\.m?ts$/.test(found.url) ? 'module-typescript' : 'module' }
    },
  })
}

/** Runs code of a dialect file. If it ends the process, one line names the file, and the exit code is 1. */
export async function whileOpen<Value>(file: string, run: () => Promise<Value>): Promise<Value> {
  const told = (): void => {
    process.stderr.write(`posthorn: the dialect file ${file} ends the process\n`)
    process.exitCode = 1
  }
  process.on('exit', told)
  try {
    return await run()
  } finally {
    process.off('exit', told)
  }
}

async function load(file: string): Promise<DefinedDialect> {
  let module: { readonly default?: unknown }
  try {
    module = await whileOpen(file, () => import(pathToFileURL(file).href) as Promise<typeof module>)
  } catch (error) {
    const [line = ''] = (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n')
    // Files of Posthorn may have the same name.
    const [, place = ''] =
      new RegExp(`${RegExp.escape(realpathSync(file))}(:\\d+)`).exec(
        error instanceof Error ? (error.stack ?? '') : '',
      ) ?? []
    throw new DialectFileError(`the dialect file ${file}${place} cannot be loaded: ${line}`, { cause: error })
  }
  if (module.default instanceof DefinedDialect) return module.default
  throw new DialectFileError(`the dialect file ${file} must have defineDialect({…}) as its default export`)
}

/** @throws DialectFileError if two dialects have the same name, or the same path */
function refuseSame(loaded: DefinedDialect, file: string, other: Registration, place: string): void {
  const { name } = loaded.dialect
  if (other.dialect.name === name) {
    throw new DialectFileError(`the dialect file ${file} defines ${name}, which ${place} defines too`)
  }
  const pathOf = (route: string): string => route.slice(route.indexOf(' '))
  const theirs = new Set(other instanceof DefinedDialect ? other.routes.map(pathOf) : [])
  const same = loaded.routes.find((route) => theirs.has(pathOf(route)))
  if (same === undefined) return
  const reason = `has ${same}, a path of the dialect ${other.dialect.name} of ${place}`
  throw new DialectFileError(`the dialect file ${file} ${reason}: give the dialect ${name} other paths`)
}
