// `posthorn verify`: verifies one saved request, and says which step fails and why.

import { type Command, Option } from 'commander'
import type { Delivery } from '../../packages/verify/src/delivery.ts'
import {
  collected,
  connect,
  dialectOption,
  durationMs,
  type RemoteFlags,
  serverOptions,
  time,
  withExamples,
} from './command.ts'
import { WrongUse } from './faults.ts'
import { contentOf } from './files.ts'
import { jsonText, painted, safe } from './output.ts'
import type { Clock, Signature, Verified } from './verification.ts'

interface VerifyFlags extends RemoteFlags {
  readonly dialect: string
  readonly secretFile?: string
  readonly tenant?: string
  readonly endpoint?: string
  readonly header?: readonly string[]
  readonly bodyFile?: string
  readonly at?: string
  readonly tolerance: number
  readonly webhookUrl?: string
  readonly webhookId?: string
}

export function declareVerify(program: Command): void {
  const command = serverOptions(program.command('verify [request]'))
    .description(
      'verify one saved request: a file with headers, an empty line and the body, as it arrived; exit code 1: it is not valid',
    )
    .addOption(
      dialectOption('how it is signed: a name, or a file with a dialect').default('standard').conflicts('tenant'),
    )
    .addOption(
      new Option(
        '--secret-file <file>',
        'a file with the secret, or the public key in PEM (or POSTHORN_SECRET)',
      ).conflicts('tenant'),
    )
    .option('--tenant <tenant>', 'with --endpoint: dialect and secrets come from the server')
    .option('--endpoint <endpoint>', 'the endpoint that got the request')
    .option('--header <line>', 'a header, in place of a file: `name: value`; may be given several times', collected)
    .option('--body-file <file>', 'the body, in place of a file; - is stdin')
    .option('--at <time>', 'when it arrived; default: now', time)
    .addOption(new Option('--tolerance <duration>', 'how old it may be').argParser(durationMs).default(300_000, '5m'))
    .option('--webhook-url <url>', 'the URL of the webhook, where that is signed')
    .option('--webhook-id <id>', 'the id of the webhook, where that is signed')
    .option('--json', 'for programs')
    .action(async (file: string | undefined) => {
      if (!(await verify(file, command.opts<VerifyFlags>()))) process.exitCode = 1
    })
  withExamples(
    command,
    'posthorn verify request.txt --secret-file secret.txt',
    'posthorn verify request.txt --tenant acme --endpoint ep_4oM2pZr81TqXw0cYbL7n --at 2026-01-31T08:00:00Z --json',
  )
}

async function verify(file: string | undefined, flags: VerifyFlags): Promise<boolean> {
  const { verifiedAll } = await import('./verification.ts')
  const signatures = await signaturesBy(flags)
  if (signatures.length === 0)
    throw new WrongUse('deliveries of this dialect are not signed, or no recipe describes how')
  const delivery = await deliveryOf(file, flags)
  const clock = {
    now: (flags.at === undefined ? Date.now() : Date.parse(flags.at)) / 1000,
    toleranceSeconds: flags.tolerance / 1000,
  }
  const verified = await verifiedAll(signatures, delivery, clock)
  const isValid = verified.every((one) => one.isValid)
  const results = await Promise.all(
    verified.map(async (one) => ({ checks: one.checks, mistakes: await mistakesOf(one, delivery, clock) })),
  )
  if (flags.json === true) {
    const shown = results.map(({ checks, mistakes }) => ({
      checks: checks.map(({ step, fault }) => ({ step, fault })),
      mistakes,
    }))
    process.stdout.write(`${jsonText({ isValid, signatures: shown })}\n`)
  } else {
    const { stepLines } = await import('./verification.ts')
    const texts = results.map(
      ({ checks, mistakes }) => stepLines(checks) + mistakes.map((text) => `    ${safe(text)}\n`).join(''),
    )
    process.stdout.write(`${texts.join('\n')}${isValid ? painted('green', 'valid') : painted('red', 'not valid')}\n`)
  }
  return isValid
}

async function signaturesBy(flags: VerifyFlags): Promise<readonly Signature[]> {
  const { givenSecret, signaturesFrom, signaturesOf } = await import('./verification.ts')
  const { dialect, secretFile, tenant, endpoint } = flags
  if (tenant === undefined && endpoint === undefined) return signaturesOf(dialect, await givenSecret(secretFile))
  if (tenant === undefined || endpoint === undefined) throw new WrongUse('--tenant and --endpoint belong together')
  const { api } = await connect(flags)
  const params = { tenant, endpoint }
  const found = await api.request('GET', '/v1/tenants/{tenant}/endpoints/{endpoint}', { params })
  return signaturesFrom(api, tenant, found)
}

/** The usual mistakes, if the signature differs. */
async function mistakesOf({ recipe, secret, checks }: Verified, delivery: Delivery, clock: Clock): Promise<string[]> {
  if (checks.every(({ step, fault }) => step !== 'signature' || fault === null)) return []
  const { diagnose } = await import('../../packages/verify/src/diagnose.ts')
  return (await diagnose(recipe, delivery, { secret, ...clock })).map(({ text }) => text)
}

async function deliveryOf(file: string | undefined, flags: VerifyFlags): Promise<Delivery> {
  const { header, bodyFile, webhookUrl: url, webhookId } = flags
  const isWhole = file !== undefined && header === undefined && bodyFile === undefined
  const isInParts = file === undefined && header !== undefined
  if (!isWhole && !isInParts) throw new WrongUse('give a file with the whole request, or --header and --body-file')
  const { head, body } = isWhole
    ? split(await contentOf(null, file))
    : {
        head: (header ?? []).join('\n'),
        body: bodyFile === undefined ? Buffer.alloc(0) : await contentOf('--body-file', bodyFile),
      }
  const { pastedHeaders } = await import('../../packages/verify/src/headers.ts')
  const { headers, odd } = pastedHeaders(head)
  if (odd.length > 0) throw new WrongUse(`this is no header: ${odd[0]}`)
  return { headers, body, ...(url !== undefined && { url }), ...(webhookId !== undefined && { webhookId }) }
}

/** The text before the first empty line, and the bytes after it. */
function split(content: Buffer<ArrayBuffer>): { readonly head: string; readonly body: Buffer<ArrayBuffer> } {
  const [end = ''] = /\r?\n\r?\n/.exec(content.toString('latin1')) ?? []
  if (end === '') throw new WrongUse('the file has no empty line between headers and body')
  const at = content.indexOf(end, 0, 'latin1')
  return { head: content.toString('utf8', 0, at), body: content.subarray(at + end.length) }
}
