// A description of the machine for saved results. Without it the results of two days cannot be compared.

import { type StdioOptions, execFileSync } from 'node:child_process'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { summarize } from './statistics.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly platform: string
  readonly node: string
  /** Median time of one write of 4 KiB with fdatasync, in the folder of the bench's databases. */
  readonly fdatasyncMicroseconds: number
  /** Whether that folder is in memory: fsync then costs nothing, and figures that depend on it are meaningless. */
  readonly diskIsMemory: boolean
}

const tmpfsType = 0x01021994

/** Describes the machine. Writes and removes a small file in the temporary folder. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    fdatasyncMicroseconds: Math.round(measureFdatasync()),
    diskIsMemory: process.platform === 'linux' && statfsSync(tmpdir()).type === tmpfsType,
  }
}

/** The commit that is checked out, with `-changed` if files differ from it; `none` outside a repository. */
export function currentCommit(): string {
  try {
    const commit = git('rev-parse', '--short', 'HEAD')
    return git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit}-changed`
  } catch {
    return 'none'
  }
}

function git(...args: string[]): string {
  const stdio: StdioOptions = ['ignore', 'pipe', 'ignore']
  return execFileSync('git', args, { encoding: 'utf8', cwd: import.meta.dirname, stdio }).trim()
}

function measureFdatasync(): number {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-'))
  const file = openSync(join(folder, 'probe'), 'w')
  try {
    const block = Buffer.alloc(4_096, 1)
    const microseconds = Array.from({ length: 100 }, () => {
      const startedAt = performance.now()
      writeSync(file, block)
      fdatasyncSync(file)
      return (performance.now() - startedAt) * 1_000
    })
    return summarize(microseconds).median
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
}
