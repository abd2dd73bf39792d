// The servers that `posthorn login` knows, in a file of the user's config folder. Only its owner can read it.

import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { readFault, writeFault } from '../config/file-fault.ts'
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
  let text: string
  try {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found === undefined) return {}
    if (process.platform !== 'win32' && !found.isDirectory() && (found.mode & 0o077) !== 0) {
      throw new CommandFailed(
        `other users can read ${file}: chmod 600 it, and replace its keys if they may have done so`,
      )
    }
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw error instanceof CommandFailed
      ? error
      : new CommandFailed(`the file of the profiles ${file} ${readFault(error)}`)
  }
  const profiles = parsed(text)
  if (profiles !== null) return profiles
  throw new CommandFailed(`the file ${file} holds no profiles: posthorn login makes a new one once it is removed`)
}

/** Null: the text holds no profiles. */
function parsed(text: string): Profiles | null {
  try {
    const profiles = JSON.parse(text) as Profiles
    const isGood = Object.values(profiles).every(({ url, key }) => typeof url === 'string' && typeof key === 'string')
    return isGood ? profiles : null
  } catch {
    return null
  }
}

/** Replaces the file in one step. @throws CommandFailed */
export function writeProfiles(profiles: Profiles): void {
  const file = profilesFile()
  const unfinished = `${file}.${process.pid}`
  try {
    makePrivateFolder(dirname(file))
    writeFileSync(unfinished, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600 })
    chmodSync(unfinished, 0o600)
    renameSync(unfinished, file)
  } catch (error) {
    throw new CommandFailed(`the file of the profiles ${file} ${writeFault(error)}`)
  }
}
