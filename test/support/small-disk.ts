// A disk that a test can fill.

import { execFileSync } from 'node:child_process'

/** Mounts a disk of this size on a folder. Returns the reason if it cannot, or null. The caller unmounts the disk. */
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
