// A server, and commands that talk to it from an empty folder.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { startApiRig } from './api-rig.ts'
import { command, type Ended } from './command.ts'

/** Starts a server. It is closed, and the folder removed, after the tests of the file. */
export async function startCommandRig() {
  const rig = await startApiRig()
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-command-'))
  after(async () => {
    await rig.close()
    await rm(folder, { recursive: true })
  })
  const key = rig.installation.operatorKey
  const env = { POSTHORN_URL: rig.server.url, POSTHORN_KEY: key }
  const run = (...args: string[]): Promise<Ended> => command(args, { env, folder })
  return { rig, folder, key, env, run }
}
