// `posthorn key`: lists, creates and revokes the API keys of customers.

import type { Command } from 'commander'
import {
  assertTenant,
  collected,
  confirmed,
  given,
  type ListFlags,
  listOptions,
  onServer,
  printList,
  readList,
  type RemoteFlags,
  withExamples,
  yesOption,
} from './command.ts'
import { facts, table, timeText } from './output.ts'

interface CreateFlags extends RemoteFlags {
  readonly scope?: string[]
  readonly role?: string
  readonly name?: string
}

export function declareKey(program: Command): void {
  const key = program.command('key').description('the API keys of customers')
  declareList(key)
  declareCreate(key)
  declareRevoke(key)
}

function declareList(key: Command): void {
  withExamples(
    onServer<ListFlags & { readonly tenant?: string }>(
      listOptions(key.command('list'))
        .description('list API keys, newest first; a key itself is never shown again')
        .option('--tenant <tenant>', 'only those of a tenant'),
      async (session, { tenant, ...flags }) => {
        const page = await readList(flags, (part) =>
          session.api.request('GET', '/v1/keys', { query: { ...part, tenant } }),
        )
        await assertTenant(session, page, tenant)
        printList(session, page, (rows) =>
          table(
            ['id', 'hint', 'tenants', 'scopes', 'name', 'created', 'revoked'],
            rows.map(({ id, hint, tenants, scopes, name, createdAt, revokedAt }) => [
              id,
              `…${hint}`,
              tenants.join(' '),
              scopes.join(' '),
              name,
              timeText(createdAt),
              timeText(revokedAt),
            ]),
          ),
        )
      },
    ),
    'posthorn key list --tenant acme',
  )
}

function declareCreate(key: Command): void {
  withExamples(
    onServer<CreateFlags>(
      key
        .command('create <tenant...>')
        .description('create an API key for one or several tenants, and show it this once')
        .option('--scope <scope>', 'a scope of the dialect; may be given several times', collected)
        .option('--role <role>', 'a role of the dialect')
        .option('--name <text>', 'a name for people'),
      async ({ api, print }, { scope: scopes, role, name }, tenants) => {
        const body = given({ tenants: [...tenants], scopes, role, name })
        const created = await api.request('POST', '/v1/keys', { body })
        print(created, () =>
          facts({
            id: created.id,
            key: created.key ?? null,
            tenants: created.tenants.join(' '),
            scopes: created.scopes.join(' '),
          }),
        )
      },
    ),
    'posthorn key create acme --scope read --name dashboard',
    'posthorn key create acme --json',
  )
}

function declareRevoke(key: Command): void {
  withExamples(
    onServer<RemoteFlags & { readonly yes?: true }>(
      yesOption(key.command('revoke <key>')).description('revoke an API key by its id, at once'),
      async ({ api, print }, flags, [id = '']) => {
        await confirmed(`Revoke the key ${id}? Its owner is refused from then on.`, flags)
        const answer = await api.request('DELETE', '/v1/keys/{key}', { params: { key: id } })
        print(answer, () => facts({ revoked: id }))
      },
    ),
    'posthorn key revoke key_2x7bW0sS8l2a --yes',
  )
}
