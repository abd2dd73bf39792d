// `posthorn login` and `posthorn logout`: keep the address and the key of a server for other commands.

import type { Command } from 'commander'
import { withExamples } from './command.ts'
import { WrongUse } from './faults.ts'
import { contentOf } from './files.ts'
import { facts } from './output.ts'
import { answered } from './questions.ts'

interface LoginFlags {
  readonly url?: string
  readonly profile: string
}

export function declareLogin(program: Command): void {
  const login = program
    .command('login')
    .description(
      'keep the address and the key of a server for other commands; the key is asked for, or read from stdin',
    )
    .option('--url <url>', 'address of the server (POSTHORN_URL, or the service with the settings of the environment)')
    .option('--profile <name>', 'a name for the server', 'default')
    .action(async (flags: LoginFlags) => {
      const [{ assertAddress, assertKey, localAddress }, { clientOf }, { PosthornError }, store] = await Promise.all([
        import('./server-choice.ts'),
        import('./server-client.ts'),
        import('../../packages/client/src/index.ts'),
        import('./profiles.ts'),
      ])
      const url = flags.url ?? process.env['POSTHORN_URL'] ?? localAddress()
      assertAddress(url)
      const from = process.stdin.isTTY ? 'your answer' : 'stdin'
      const key = await askedKey(url)
      assertKey(key, from)
      try {
        await clientOf({ url, key, from }, 0).request('GET', '/v1/status')
      } catch (error) {
        // A key that may not read the status is known to the server all the same.
        if (!(error instanceof PosthornError && error.code === 'forbidden')) throw error
      }
      store.writeProfiles({ ...store.readProfiles(), [flags.profile]: { url, key } })
      process.stdout.write(facts({ server: url, profile: flags.profile, file: store.profilesFile() }))
    })
  withExamples(
    login,
    'posthorn login < data/operator-key',
    'posthorn login --url http://127.0.0.1:4080 --profile test < data/operator-key',
  )

  const logout = program
    .command('logout')
    .description('remove a server and its key from those of posthorn login')
    .option('--profile <name>', 'its name', 'default')
    .action(async ({ profile }: { readonly profile: string }) => {
      const store = await import('./profiles.ts')
      const { [profile]: removed, ...others } = store.readProfiles()
      if (removed === undefined) throw new WrongUse(`there is no profile ${profile}`)
      store.writeProfiles(others)
      process.stdout.write(facts({ removed: profile, server: removed.url }))
    })
  withExamples(logout, 'posthorn logout --profile test')
}

async function askedKey(url: string): Promise<string> {
  if (process.stdin.isTTY) {
    const { password } = await import('@inquirer/prompts')
    const message = `The operator key of ${url}`
    return (await answered((terminal) => password({ message, mask: true }, terminal))).trim()
  }
  const key = String(await contentOf(null, '-')).trim()
  if (key !== '') return key
  throw new WrongUse('give the key on stdin, as in posthorn login < data/operator-key')
}
