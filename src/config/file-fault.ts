// The faults of files, in words that follow the name of the file.

const faults: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is a file, and no folder',
  EISDIR: 'is a folder: give a file',
  EACCES: 'cannot be read: this user may not read it',
  EPERM: 'cannot be read: this user may not read it',
}

const writeFaults: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be written: its folder does not exist',
  ENOTDIR: 'cannot be written: a part of its path is a file, and no folder',
  EISDIR: 'is a folder: give a file',
  EACCES: 'cannot be written: this user may not write there',
  EPERM: 'cannot be written: this user may not write there',
  EROFS: 'cannot be written: the disk takes no changes',
  ENOSPC: 'cannot be written: the disk is full',
}

/** Why a file cannot be read: `does not exist`. @param error of the system */
export function readFault(error: unknown): string {
  return faults[codeOf(error)] ?? `cannot be read: ${messageOf(error)}`
}

/** Why a file cannot be written: `cannot be written: its folder does not exist`. @param error of the system */
export function writeFault(error: unknown): string {
  return writeFaults[codeOf(error)] ?? `cannot be written: ${messageOf(error)}`
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown } | null)?.code)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
