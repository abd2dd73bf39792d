// Dialects in files of the operator. Such a file imports `posthorn/dialect`, as the shipped dialects do, from any folder:
// no `node_modules` is needed there.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import { DefinitionError } from '../dialect-kit/definition-error.ts'
import { type Registration, registry } from './registry.ts'

/** A file that cannot be used as a dialect: one line that names it. */
export class DialectFileError extends Error {
  override readonly name: string = 'DialectFileError'
}

/** A path does not lead to a file that could have a dialect. */
export class NoDialectFile extends DialectFileError {
  override readonly name = 'NoDialectFile'
}

/** In a folder: no declarations, tests, or examples such as `acme.examples.ts`. */
const fileOfDialect = /^[^.]+\.m?[jt]s$/
const kitUrl = import.meta.resolve('posthorn/dialect')

/**
 * The shipped dialects and those of the files.
 *
 * @param paths files, and folders of files; each file has one dialect as its default export
 * @throws NoDialectFile, DialectFileError
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
  if (!existsSync(whole)) throw new NoDialectFile(`the dialect file ${path} does not exist`)
  if (!statSync(whole).isDirectory()) {
    if (!/\.m?[jt]s$/.test(whole)) throw new NoDialectFile(`the dialect file ${path} must be a .ts or .js file`)
    return [whole]
  }
  const files = readdirSync(whole).filter((name) => fileOfDialect.test(name))
  if (files.length === 0) throw new NoDialectFile(`the folder ${path} has no dialect files (.ts, .js)`)
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
  // Nothing is left that could settle a promise for which the file waits. Node would print a warning about our own code.
  const ended = (): never => process.exit()
  process.on('exit', told)
  process.on('beforeExit', ended)
  try {
    return await run()
  } finally {
    process.off('exit', told)
    process.off('beforeExit', ended)
  }
}

async function load(file: string): Promise<DefinedDialect> {
  let module: { readonly default?: unknown }
  try {
    module = await whileOpen(file, () => import(pathToFileURL(file).href) as Promise<typeof module>)
  } catch (error) {
    throw new DialectFileError(`the dialect file ${file}${placeOf(error, file)} cannot be loaded: ${lineOf(error)}`, {
      cause: error,
    })
  }
  if (module.default instanceof DefinedDialect) return module.default
  throw new DialectFileError(`the dialect file ${file} must have defineDialect({…}) as its default export`)
}

function lineOf(error: unknown): string {
  const isNamed = error instanceof Error && !(error instanceof DefinitionError)
  const text = isNamed ? `${error.name}: ${error.message}` : error instanceof Error ? error.message : String(error)
  return text.split('\n')[0] ?? ''
}

/** The line of the fault, such as `:12`; empty: it is not known. */
function placeOf(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  // The definition is one call over many lines. The message names the field.
  if (/ at (defineDialect|defineDeliveries) /.test(stack)) return ''
  // Files of Posthorn may have the same name.
  const pattern = new RegExp(`${RegExp.escape(realpathSync(file))}(:\\d+)`)
  const [, place] = pattern.exec(stack) ?? []
  if (place !== undefined || !(error instanceof SyntaxError)) return place ?? ''
  // Syntax errors of JavaScript do not have their line. Node prints it if it only checks the file.
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' })
  return pattern.exec(stderr)?.[1] ?? ''
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
