// The servers that `posthorn login` knows, in a file of the user's config folder. Only its owner can read it.

import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { makePrivateFolder } from '../private-folder.ts'
import { CommandFailed } from './faults.ts'

export interface Profile {
  readonly url: string
  readonly key: string
}

export type Profiles = Readonly<Record<string, Profile>>

/** The profile of a `posthorn login` without a name. */
export const standardProfile = 'default'

/** The file of the profiles: below XDG_CONFIG_HOME, APPDATA on Windows, or `~/.config`. */
export function profilesFile(): string {
  const { XDG_CONFIG_HOME: xdg, APPDATA: appData } = process.env
  const folder = xdg || (process.platform === 'win32' && appData) || join(homedir(), '.config')
  return join(folder, 'posthorn', 'profiles.json')
}

/** @throws CommandFailed if other users can read the file, or it is malformed */
export function readProfiles(): Profiles {
  const file = profilesFile()
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) return {}
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw new CommandFailed(`other users can read ${file}: chmod 600 it, and replace its keys if they may have done so`)
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Profiles
  } catch (error) {
    throw new CommandFailed(
      `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}; posthorn login makes a new one once it is removed`,
    )
  }
}

/** Replaces the file in one step. */
export function writeProfiles(profiles: Profiles): void {
  const file = profilesFile()
  const unfinished = `${file}.${process.pid}`
  makePrivateFolder(dirname(file))
  writeFileSync(unfinished, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600 })
  chmodSync(unfinished, 0o600)
  renameSync(unfinished, file)
}
