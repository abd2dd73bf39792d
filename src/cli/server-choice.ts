// Which server a command talks to, and with which key. The two always come from one place, so that no key is sent to a
// server that it does not belong to.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readFault } from '../config/file-fault.ts'
import { readSettings } from '../config/settings.ts'
import { WrongUse } from './faults.ts'
import { type Profile, readProfiles, standardProfile } from './profiles.ts'

export interface ServerFlags {
  readonly url?: string
  readonly profile?: string
}

/** A server, its key, and the place from which both come, as a text. */
export interface ChosenServer extends Profile {
  readonly from: string
}

/**
 * The first of: the profile that `--profile` names; the key in the environment; the profile of the given address; the
 * profile `default`; the service whose settings are in the environment, or their defaults.
 *
 * @throws WrongUse there is no such server, or no key; CommandFailed the file of the profiles cannot be read
 */
export function chosenServer(flags: ServerFlags): ChosenServer {
  const { POSTHORN_URL } = process.env
  if (flags.profile !== undefined) return namedProfile(flags)
  const url = flags.url ?? POSTHORN_URL
  if (url !== undefined) assertAddress(url)
  const key = keyOfEnvironment()
  if (key !== null) return { url: url ?? localAddress(), ...key }
  const profiles = readProfiles()
  if (url !== undefined) {
    const found = Object.entries(profiles).find(([, profile]) => bare(profile.url) === bare(url))
    if (found !== undefined) return { ...found[1], from: `the profile ${found[0]}` }
    const local = localServer()
    if (local !== null && bare(local.url) === bare(url)) return local
    throw new WrongUse(
      `there is no key for ${url}: set POSTHORN_KEY or POSTHORN_KEY_FILE (the service of this folder: data/operator-key), or run posthorn login --url ${url}`,
    )
  }
  const standard = profiles[standardProfile]
  if (standard !== undefined) return { ...standard, from: `the profile ${standardProfile}` }
  const local = localServer()
  if (local !== null) return local
  throw new WrongUse('there is no server: set POSTHORN_URL and POSTHORN_KEY, or run posthorn login')
}

/** @throws WrongUse */
export function assertAddress(url: string): void {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username + parsed.password !== '') {
    const given = url === '' ? 'empty' : url
    throw new WrongUse(`the address of the server must be a URL such as https://hooks.example.com, and is ${given}`)
  }
}

function namedProfile({ url, profile: name = '' }: ServerFlags): ChosenServer {
  if (url !== undefined) throw new WrongUse('a profile has an address: give --profile or --url')
  const profiles = readProfiles()
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (profile !== undefined) return { ...profile, from: `the profile ${name}` }
  const names = Object.keys(profiles).join(', ')
  throw new WrongUse(`there is no profile ${name}: ${names === '' ? 'posthorn login makes one' : `there are ${names}`}`)
}

/** @param from its place, as in `ChosenServer` @throws WrongUse it is empty, or has characters that no key has */
export function assertKey(key: string, from: string): void {
  if (key === '') throw new WrongUse(`${from} is empty: give the key of the server there`)
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new WrongUse(`${from} holds no key: a key has no spaces, line breaks or letters with accents`)
}

/** @throws WrongUse */
function keyOfEnvironment(): Omit<ChosenServer, 'url'> | null {
  const { POSTHORN_KEY: key, POSTHORN_KEY_FILE: file } = process.env
  if (key !== undefined && file !== undefined) throw new WrongUse('POSTHORN_KEY and POSTHORN_KEY_FILE are both set')
  if (file !== undefined) return keyIn(file, `POSTHORN_KEY_FILE ${file}`)
  if (key === undefined) return null
  assertKey(key, 'POSTHORN_KEY')
  return { key, from: 'POSTHORN_KEY' }
}

/** @throws WrongUse */
function keyIn(file: string, from: string): Omit<ChosenServer, 'url'> {
  let key: string
  try {
    key = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new WrongUse(`${from} ${readFault(error)}`)
  }
  assertKey(key, from)
  return { key, from }
}

/** The address of the service with the settings of the environment. */
export function localAddress(): string {
  const { host, port, adminHost, adminPort } = readSettings(process.env)
  const address = adminPort === null ? host : adminHost
  const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${adminPort ?? port}`
}

/** The service with the settings of the environment; null: it has no key yet, or is not on this machine. */
function localServer(): ChosenServer | null {
  const { database, operatorKey } = readSettings(process.env)
  if (operatorKey !== null) return { url: localAddress(), key: operatorKey, from: 'POSTHORN_OPERATOR_KEY' }
  const file = database.kind === 'sqlite' ? join(dirname(database.path), 'operator-key') : null
  return file === null || !existsSync(file) ? null : { url: localAddress(), ...keyIn(file, file) }
}

function bare(url: string): string {
  return url.replace(/\/+$/, '')
}
