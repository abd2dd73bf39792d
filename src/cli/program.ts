// All commands.

import type { Command } from 'commander'
import { painted } from './output.ts'
import { declareCompletion } from './completion.ts'
import { declareDelivery } from './delivery.ts'
import { declareDoctor } from './doctor.ts'
import { declareEndpoint } from './endpoint.ts'
import { declareEvent } from './event.ts'
import { declareKey } from './key.ts'
import { declareBackup, declareDialect, declareMigrate, declareServe } from './local-commands.ts'
import { declareListen } from './listen.ts'
import { declareLogin } from './login.ts'
import { declareOpen } from './open.ts'
import { OwnCommand } from './own-command.ts'
import { declareReplay } from './replay.ts'
import { declareTail } from './tail.ts'
import { declareTenant } from './tenant.ts'
import { declareVerify } from './verify.ts'
import { version } from '../version.ts'

/** The program. A wrong use throws a CommanderError. */
export function createProgram(): Command {
  const program = new OwnCommand('posthorn')
    .description("Sends webhooks, and speaks your product's own webhook API")
    .version(version)
    .exitOverride()
    // The suggestion of a similar option would be a second line.
    .configureOutput({ outputError: (text, write) => write(`${text.trimEnd().replaceAll('\n', ' ')}\n`) })
    .configureHelp({ styleTitle: (title) => painted('bold', title) })
  program.commandsGroup('The service:')
  declareServe(program)
  declareMigrate(program)
  declareBackup(program)
  declareDialect(program)
  declareDoctor(program)
  program.commandsGroup('A running service:')
  declareTenant(program)
  declareKey(program)
  declareEndpoint(program)
  declareEvent(program)
  declareDelivery(program)
  declareReplay(program)
  declareTail(program)
  declareOpen(program)
  declareLogin(program)
  program.commandsGroup('Receivers:')
  declareListen(program)
  declareVerify(program)
  program.commandsGroup('This terminal:')
  declareCompletion(program)
  return program
}
