// A disk whose power can be cut: an ext4 file system in its own file. A cut drops written data that is not flushed, as
// on a real machine. After SIGKILL alone, the kernel would still have that data.

import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface LossyDisk {
  readonly folder: string
  /** Flushes all written data. */
  flush(): void
  /** Drops the data that is not flushed. The disk then refuses every call until `restore`. */
  cut(): void
  /** Waits until no process uses the disk, unmounts it, and mounts it with the data of the moment of the cut. */
  restore(): Promise<void>
  remove(): Promise<void>
}

/** The size of the file. It is sparse: only written data takes space. */
const size = '1G'
const busyMsMax = 10_000

/** Returns why this machine cannot have such a disk, or null if it can. */
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
  // PostgreSQL does not run as root and needs access.
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

/** Tries for 10 s, because a killed process may hold a file open for a moment. */
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
