// A disk whose power can be cut: an ext4 file system in a file of its own. What was written and not yet flushed is gone
// after a cut, as it would be on a machine; after a mere SIGKILL the kernel still has it.

import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface LossyDisk {
  readonly folder: string
  /** Flushes all that was written so far. */
  flush(): void
  /** Drops what was not flushed; the disk then refuses everything until `restore`. */
  cut(): void
  /** Unmounts it, once nobody uses it any more, and mounts it again as it was at the cut. */
  restore(): Promise<void>
  remove(): Promise<void>
}

/** Sparse: only what is written takes room. */
const size = '1G'
const busyMsMax = 10_000

/** Why there can be no such disk here; null where there can. */
export function whyNoLossyDisk(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux can cut the power of a disk'
  for (const [tool, option] of [
    ['xfs_io', '-V'],
    ['mkfs.ext4', '-V'],
  ] as const) {
    try {
      execFileSync(tool, [option], { stdio: 'ignore' })
    } catch {
      return `${tool} is not installed (Debian packages xfsprogs, e2fsprogs)`
    }
  }
  return null
}

export async function createLossyDisk(): Promise<LossyDisk> {
  const place = await mkdtemp(join(tmpdir(), 'posthorn-disk-'))
  const image = join(place, 'image')
  const folder = join(place, 'disk')
  const mount = (): void => run('mount', '-o', 'loop', image, folder)
  // PostgreSQL, which does not run as root, has to get in.
  await chmod(place, 0o755)
  await mkdir(folder)
  run('truncate', '-s', size, image)
  run('mkfs.ext4', '-q', image)
  mount()
  return {
    folder,
    flush: () => run('sync', '-f', folder),
    cut: () => run('xfs_io', '-x', '-c', 'shutdown', folder),
    async restore() {
      await unmount(folder)
      mount()
    },
    async remove() {
      await unmount(folder)
      await rm(place, { recursive: true })
    },
  }
}

/** A process that has just been killed may hold a file for a moment. */
async function unmount(folder: string): Promise<void> {
  const giveUpAt = Date.now() + busyMsMax
  for (;;) {
    try {
      return run('umount', folder)
    } catch (error) {
      if (Date.now() > giveUpAt) throw error
      await sleep(20)
    }
  }
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe' })
}
