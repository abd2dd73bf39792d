// `posthorn open`: opens the dashboard in a browser.

import type { Command } from 'commander'
import { type RemoteFlags, connect, serverOptions, withExamples } from './command.ts'
import { painted } from './output.ts'

export function declareOpen(program: Command): void {
  const command = serverOptions(program.command('open'))
    .description('print the address of the dashboard, and open it in a browser if this is a terminal')
    .action(async () => {
      const { url } = await connect(command.opts<RemoteFlags>())
      const address = `${url}/dashboard`
      process.stdout.write(`${address}\n`)
      if (!process.stdout.isTTY) return
      const { default: open } = await import('open')
      const browser = await open(address)
      // A machine without a browser: the address is printed already.
      browser.once('error', () => process.stderr.write(`${painted('dim', 'There is no browser here.')}\n`))
    })
  withExamples(command, 'posthorn open')
}
