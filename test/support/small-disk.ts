// A disk that is soon full.

import { execFileSync } from 'node:child_process'

/** Mounts a disk of so many mebibytes on a folder; gives why it could not. Whoever calls it unmounts it again. */
export function mountSmallDisk(folder: string, mebibytes: number): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux can mount a small disk'
  try {
    const options = `size=${mebibytes}m,mode=0777`
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'posthorn-test', folder], { stdio: 'pipe' })
    return null
  } catch (error) {
    return `cannot mount a small disk: ${error instanceof Error ? error.message : String(error)}`
  }
}

export function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder])
}
