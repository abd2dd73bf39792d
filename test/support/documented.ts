// Runs the commands of a document as a newcomer does: in bash, in a fresh copy of the project.

import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { runFolder } from './serve-run.ts'

export const repository = resolve(import.meta.dirname, '../..')

/** The environment of a newcomer: without npm's variables and without settings of Posthorn and Node. */
export const newcomerEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|POSTHORN_|NODE_)/i.test(name) && name !== 'INIT_CWD'),
)

/** Why the commands cannot run on this machine, or false if they can. */
export const withoutBash: string | false = spawnSync('bash', ['--version']).status === 0 ? false : 'needs bash'

/** Why commands with curl cannot run on this machine, or false if they can. */
export const withoutCurl: string | false = withoutBash === false ? withoutJson() : withoutBash

function withoutJson(): string | false {
  const version = /^curl (\d+)\.(\d+)/.exec(spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? '')
  const [, major = '0', minor = '0'] = version ?? []
  return Number(major) * 1000 + Number(minor) >= 7082 ? false : 'needs curl 7.82 or later, for --json'
}

/** A block of code of a document, without its indentation. */
export interface CodeBlock {
  /** The heading above it. */
  readonly section: string
  /** Null: the block is indented. */
  readonly language: string | null
  readonly text: string
}

/** The blocks of code of a document, in their order. */
export function codeBlocks(document: string): readonly CodeBlock[] {
  const text = readFileSync(join(repository, document), 'utf8')
  let section = ''
  const parts = text.matchAll(/^#+ (.+)$|^( *)```(\w*).*\n([^]*?)^\2```$|(?<=\n\n)((?: {4}.*\n(?:\n+(?= {4}))?)+)/gm)
  return Array.from(parts).flatMap(([, heading, fence, language = null, fenced, indented = '']) => {
    if (heading !== undefined) section = heading
    const indentation = fence ?? /^ */.exec(indented)?.[0] ?? ''
    const code = (fenced ?? indented).replaceAll(new RegExp(`^${indentation}`, 'gm'), '')
    return heading === undefined ? [{ section, language, text: code }] : []
  })
}

/** The indented lines of a section of a document. */
export function commandLines(document: string, section: string): string[] {
  return codeBlocks(document)
    .filter((block) => block.section === section && block.language === null)
    .flatMap(({ text }) => text.trim().split('\n'))
}

/** The indented block of a document that begins with the line `# <name>`: the contents of a file. */
export function documentedFile(document: string, name: string): string {
  const block = codeBlocks(document).find(({ text }) => text.startsWith(`# ${name}\n`))
  if (block === undefined) throw new Error(`${document} has no file ${name}`)
  return block.text
}

/** The fenced blocks of a language in a document. */
export function snippets(document: string, language = 'ts'): readonly string[] {
  return codeBlocks(document).flatMap((block) => (block.language === language ? [block.text] : []))
}

/** A folder in which `posthorn` is this package. It is removed when the test ends. */
export async function projectFolder(t: TestContext): Promise<string> {
  const folder = await runFolder(t)
  for (const name of ['src', 'packages', 'ui', 'node_modules']) symlinkSync(join(repository, name), join(folder, name))
  copyFileSync(join(repository, 'package.json'), join(folder, 'package.json'))
  return folder
}

/** A copy of the project that is removed when the test ends. */
export function copyOfProject(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-readme-'))
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }))
  // npm runs the script `prepare`, which looks at `ui`, before each command of the package.
  for (const name of ['package.json', 'package-lock.json', '.npmrc', 'src', 'ui', 'packages']) {
    cpSync(join(repository, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** A running line: its output so far, and its end by a signal to all of its processes. */
export interface Background {
  readonly output: () => string
  stop(signal: NodeJS.Signals): Promise<void>
}

/** Runs a line in its own process group, which the end of the test kills. */
export function background(
  t: TestContext,
  cwd: string,
  line: string,
  env: NodeJS.ProcessEnv = newcomerEnv,
): Background {
  const child = spawn('bash', ['-c', line], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = new Promise<void>((done) => child.once('close', () => done()))
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-(child.pid ?? 0), signal)
    } catch {
      // It has ended already.
    }
  }
  const killGroup = (): void => signalGroup('SIGKILL')
  process.once('exit', killGroup)
  t.after(() => {
    killGroup()
    return closed
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return {
    output: () => output,
    async stop(signal) {
      signalGroup(signal)
      await closed
    },
  }
}

export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => null)
  await response?.text()
  return response?.ok === true
}

/** Runs a program with the keys that the snippets of docs/library.md read. Throws if it fails or writes to stderr. */
export async function runProgram(cwd: string, command: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const [node = '', ...args] = command
  const keys = { MASTER_KEY: randomBytes(32).toString('base64'), OPERATOR_KEY: randomBytes(30).toString('base64url') }
  const { stderr } = await promisify(execFile)(node, args, { cwd, env: { ...env, ...keys }, timeout: 60_000 })
  assert.equal(stderr, '')
}
