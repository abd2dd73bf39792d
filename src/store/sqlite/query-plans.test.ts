// Every statement uses an index. The statements are those that the program prepares: the test calls each method once,
// records its statements and checks the plan of each one.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { StatementSync } from 'node:sqlite'
import { test } from 'node:test'
import { callEverything } from '../../../test/conformance/store/every-call.ts'
import { temporaryFolder } from '../../../test/conformance/store/temporary-folder.ts'
import type { Store } from '../../contracts/store.ts'
import { accountLists } from './account-lists.ts'
import { attemptReads } from './attempts.ts'
import { auditReads, auditRole } from './audit.ts'
import { commitRole } from './commit.ts'
import { Database } from './database.ts'
import { deliveryLists } from './delivery-lists.ts'
import { eraseReads, eraseRole } from './erase.ts'
import { endpointReads, endpointRole } from './endpoints.ts'
import { historyReads, historyRole } from './history.ts'
import { leaseReads, leaseRole } from './leases.ts'
import { migrate } from './migrate.ts'
import { keyReads, keyRole } from './keys.ts'
import { pollReads, pollRole } from './polls.ts'
import { portalReads, portalRole } from './portal-links.ts'
import { replayReads, replayRole } from './replays.ts'
import { sealReads, sealRole } from './seals.ts'
import { statsRole, statsSteps } from './stats.ts'
import { statsReads } from './stats-reads.ts'
import { tellingRole } from './tellings.ts'
import { tenantReads, tenantRole } from './tenants.ts'
import { upkeepReads, upkeepRole } from './upkeep.ts'

/** A connection that records the statements prepared on it. */
class Recording extends Database {
  readonly seen = new Set<string>()

  override prepare(sql: string): StatementSync {
    this.seen.add(sql)
    return super.prepare(sql)
  }
}

/** Scans and sorts that are allowed, each with the reason. */
const meant: readonly { readonly plan: RegExp; readonly sql: RegExp; readonly why: string }[] = [
  { plan: /^SCAN CONSTANT ROW/, sql: /./, why: 'reads no table' },
  { plan: /^SCAN nodes/, sql: /^DELETE FROM nodes/, why: 'there is one row' },
  { plan: /^SCAN endpoint_status USING COVERING INDEX endpoint_status_sweep/, sql: /LIMIT 1$/, why: 'one row' },
  { plan: /^SCAN fresh_/, sql: /./, why: 'there are few fresh entries, see deferred-indexes.ts' },
  {
    plan: /^(SCAN (c$|\(subquery)|USE TEMP B-TREE FOR (ORDER BY|DISTINCT))/,
    sql: /\) c CROSS JOIN endpoint_status/,
    why: 'few endpoints: of one tenant, or found by an index',
  },
  { plan: /^USE TEMP B-TREE FOR ORDER BY/, sql: /FROM fresh_/, why: 'there are few fresh entries' },
  {
    plan: /^(SCAN m\b|USE TEMP B-TREE FOR ORDER BY)/,
    sql: /(LIMIT .*|json_each\(\?)\) m\b/,
    why: 'the rows of one page',
  },
  {
    plan: /^SCAN (json_each|k VIRTUAL|\(subquery)/,
    sql: /FROM (fresh_|deliveries_of_endpoint)|json_each\(\?\) k/,
    why: 'reads rows that a statement has found',
  },
  {
    plan: /^(SCAN (d$|\(subquery)|USE TEMP B-TREE FOR (ORDER BY|LAST TERM OF ORDER BY))/,
    sql: /^SELECT endpoint, tenant FROM/,
    why: 'tenants take turns among due endpoints, up to a bound',
  },
  { plan: /^SCAN stats_former/, sql: /LIMIT \?$|LIMIT \?\)$/, why: 'the endpoints that erasures removed in two days' },
  { plan: /^SCAN stats_(commits|gathered)/, sql: /FROM stats_/, why: 'the counts of a minute' },
  {
    plan: /^(SCAN (k|json_each) VIRTUAL TABLE|USE TEMP B-TREE FOR DISTINCT)/,
    sql: /json_each\(\?\)( k | WHERE|\)$)/,
    why: 'reads what the statement is given',
  },
  {
    plan: /^(SCAN g$|USE TEMP B-TREE FOR (GROUP|ORDER) BY)/,
    sql: /^SELECT \* FROM \(\s+SELECT s\./,
    why: 'ranks the series of a range of time',
  },
  { plan: /^SCAN erasures USING .*INDEX erasures_running/, sql: /./, why: 'few erasures run' },
  {
    plan: /TEMP B-TREE/,
    sql: /^SELECT key, id, enabled FROM endpoints/,
    why: 'endpoints of one tenant, up to a bound',
  },
  { plan: /^SCAN installation/, sql: /^SELECT name, value/, why: 'there are a few rows' },
  {
    plan: /^SCAN idempotent_answers/,
    sql: /substr/,
    why: 'the answers of an hour, read once a minute during a rotation',
  },
  { plan: /^SCAN/, sql: /^SELECT 1 WHERE EXISTS/, why: 'read once, by the first start of a version that seals rows' },
  {
    plan: /^(SCAN operator_keys|USE TEMP B-TREE)/,
    sql: /FROM operator_keys ORDER BY/,
    why: 'there are a hundred at most',
  },
  { plan: /^SCAN nodes/, sql: /FROM nodes ORDER BY/, why: 'there is one node' },
  { plan: /^SCAN pragma_/, sql: /FROM pragma_page_count/, why: 'they have one row each' },
  { plan: /^SCAN api_keys/, sql: /^DELETE FROM api_keys/, why: 'tenants are rarely deleted' },
  {
    plan: /^USE TEMP B-TREE FOR ORDER BY/,
    sql: /FROM (endpoints |json_each\(\?\) k)/,
    why: 'the endpoints of one tenant',
  },
  {
    plan: /^USE TEMP B-TREE FOR DISTINCT/,
    sql: /^UPDATE endpoint_status/,
    why: 'the deliveries of dead nodes, at the start only',
  },
  {
    plan: /^SCAN (deliveries USING COVERING INDEX deliveries_pending|\(subquery)/,
    sql: /LIMIT \?\)$/,
    why: 'stops at a bound',
  },
  {
    plan: /^(SCAN d USING (COVERING )?INDEX deliveries_pending|USE TEMP B-TREE FOR ORDER BY)/,
    sql: /FROM deliveries d INDEXED BY deliveries_pending\s/,
    why: 'the list of all pending deliveries, used only if they are few',
  },
  {
    plan: /^SCAN \d+-ROW VALUES CLAUSE$/,
    sql: /^INSERT INTO fresh_(events|deliveries) VALUES /,
    why: 'the rows of the statement itself',
  },
]

void test('no statement scans a table', async (t) => {
  const db = new Recording(join(await temporaryFolder(t), 'posthorn.db'), 'write')
  t.after(() => db.close())
  migrate(db)
  const steps = statsSteps(db)
  const store = {
    ...commitRole(db),
    ...leaseRole(db),
    ...tenantRole(db),
    ...keyRole(db),
    ...pollRole(db),
    ...pollReads(db),
    ...portalRole(db),
    ...portalReads(db),
    ...endpointRole(db),
    ...historyRole(db),
    ...sealRole(db),
    ...upkeepRole(db),
    ...leaseReads(db),
    ...tenantReads(db),
    ...keyReads(db),
    ...endpointReads(db),
    ...historyReads(db),
    ...accountLists(db),
    ...deliveryLists(db),
    ...sealReads(db),
    ...attemptReads(db),
    ...auditRole(db),
    ...auditReads(db),
    ...eraseRole(db, steps),
    ...eraseReads(db),
    ...upkeepReads(db),
    ...replayRole(db),
    ...replayReads(db),
    ...statsRole(db, steps),
    ...statsReads(db),
    ...tellingRole(db),
    outbox: null,
  }
  await callEverything(store as unknown as Store)
  const statements = [...db.seen].filter((sql) => /^\s*(SELECT|UPDATE|DELETE|INSERT)/i.test(sql))
  assert.ok(statements.length > 50, `only ${statements.length} statements were seen`)
  const used = new Set<object>()
  for (const sql of statements) {
    for (const { detail } of db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)) {
      if (!/^SCAN|TEMP B-TREE/.test(detail)) continue
      const exception = meant.find(({ plan, sql: text }) => plan.test(detail) && text.test(sql.trim()))
      assert.ok(exception !== undefined, `${detail}: ${sql}`)
      used.add(exception)
    }
  }
  const unused = meant.filter((exception) => !used.has(exception))
  assert.deepEqual(unused, [], 'exceptions that no statement needs')
})
