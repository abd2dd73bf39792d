// `posthorn tenant`: lists, creates, shows and deletes tenants.

import type { Command } from 'commander'
import type { Tenant } from '../../packages/client/src/index.ts'
import {
  assertDialect,
  confirmed,
  dialectOption,
  given,
  type ListFlags,
  listOptions,
  onServer,
  pairs,
  printList,
  readList,
  type RemoteFlags,
  withExamples,
  yesOption,
} from './command.ts'
import { facts, table, timeText } from './output.ts'

interface CreateFlags extends RemoteFlags {
  readonly dialect: string
  readonly name?: string
  readonly setting?: Record<string, string>
}

export function declareTenant(program: Command): void {
  const tenant = program.command('tenant').description('the customers of your product')
  declareList(tenant)
  declareCreate(tenant)
  declareShow(tenant)
  declareDelete(tenant)
}

function declareList(tenant: Command): void {
  withExamples(
    onServer<ListFlags & { readonly dialect?: string; readonly search?: string }>(
      listOptions(tenant.command('list'))
        .description('list tenants, newest first')
        .addOption(dialectOption('only those of a dialect'))
        .option('--search <text>', 'the beginning of an id or a name'),
      async (session, { dialect, search: q, ...flags }) => {
        const page = await readList(flags, (part) =>
          session.api.request('GET', '/v1/tenants', { query: { ...part, dialect, q } }),
        )
        await assertDialect(session, page, dialect)
        printList(session, page, (rows) =>
          table(
            ['id', 'dialect', 'name', 'created'],
            rows.map(({ id, dialect: of, name, createdAt }) => [id, of, name, timeText(createdAt)]),
          ),
        )
      },
    ),
    'posthorn tenant list',
    'posthorn tenant list --search ac --json',
  )
}

function declareCreate(tenant: Command): void {
  withExamples(
    onServer<CreateFlags>(
      tenant
        .command('create [id]')
        .description('create a tenant; without an id, Posthorn makes one')
        .addOption(dialectOption('the API that the customer uses').default('standard'))
        .option('--name <text>', 'a name for people')
        .option('--setting <name=value>', 'a setting of the dialect; may be given several times', pairs),
      async ({ api, print }, { dialect, name, setting: settings }, [id]) => {
        const body = given({ id, dialect, name, settings })
        const created = await api.request('POST', '/v1/tenants', { body })
        print(created, () => tenantText(created))
      },
    ),
    'posthorn tenant create acme --name "Acme Ltd"',
    'posthorn tenant create shop --dialect standard',
  )
}

function declareShow(tenant: Command): void {
  withExamples(
    onServer(
      tenant.command('show <tenant>').description('show a tenant'),
      async ({ api, print }, _flags, [id = '']) => {
        const found = await api.request('GET', '/v1/tenants/{tenant}', { params: { tenant: id } })
        print(found, () => tenantText(found))
      },
    ),
    'posthorn tenant show acme',
  )
}

function declareDelete(tenant: Command): void {
  withExamples(
    onServer<RemoteFlags & { readonly yes?: true }>(
      yesOption(tenant.command('delete <tenant>')).description('delete a tenant and erase all that it has'),
      async ({ api, print }, flags, [id = '']) => {
        await confirmed(`Delete the tenant ${id} with its endpoints, keys, events and deliveries?`, flags)
        const erasure = await api.request('DELETE', '/v1/tenants/{tenant}', { params: { tenant: id } })
        print(erasure, () => facts({ deleted: id, erasure: erasure.id }))
      },
    ),
    'posthorn tenant delete acme --yes',
  )
}

function tenantText({ id, dialect, name, settings, createdAt, retainSeconds, retainDataSeconds }: Tenant): string {
  return facts({
    id,
    dialect,
    name,
    ...Object.fromEntries(Object.entries(settings).map(([setting, value]) => [`setting ${setting}`, value])),
    created: timeText(createdAt),
    ...(retainSeconds !== null && { 'kept for': `${retainSeconds} s` }),
    ...(retainDataSeconds !== null && { 'data kept for': `${retainDataSeconds} s` }),
  })
}
