// The dashboard of Grafana and the alert rules of Prometheus: every metric in them exists, and promtool runs the rules.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { repository } from '../support/documented.ts'
import { Metrics } from '../../src/telemetry/metrics.ts'

const folder = join(repository, 'deploy')

/** The names of our metrics and of Node's in a text. */
function namesIn(text: string): Set<string> {
  return new Set(text.match(/\b(?:posthorn|nodejs|process)_[a-z0-9_]+/g))
}

suite('the metrics in deploy', () => {
  for (const file of ['grafana.json', 'alerts.yaml', 'alerts.test.yaml']) {
    test(`that ${file} names exist`, async () => {
      const zero = () => 0
      const waiting = () => Promise.resolve(0)
      const outbox = { outboxWaiting: waiting, outboxSetAside: waiting }
      const text = await new Metrics({ inFlight: zero, queued: zero, waiting, ...outbox, droppedLogLines: zero }).text()
      const shown = new Set(Array.from(text.matchAll(/^([a-z0-9_]+)[{ ]/gm), ([, name]) => name))
      const named = namesIn(readFileSync(join(folder, file), 'utf8'))
      assert.ok(named.size >= 7)
      assert.deepEqual(
        [...named].filter((name) => !shown.has(name)),
        [],
      )
    })
  }

  test('are told apart by instance where nodes have numbers of their own, and not where they count the same rows', () => {
    const { panels } = JSON.parse(readFileSync(join(folder, 'grafana.json'), 'utf8')) as {
      readonly panels: readonly { readonly id: number; readonly targets?: readonly { readonly expr: string }[] }[]
    }
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    for (const query of queries) {
      assert.ok(query.includes('job=~"$job"'), query)
      if (query.includes('posthorn_deliveries_waiting')) assert.match(query, /^max\(/)
    }
  })
})

test('the alert rules are right, and fire when they should', { skip: withoutPromtool() }, () => {
  for (const args of [
    ['check', 'rules', 'alerts.yaml'],
    ['test', 'rules', 'alerts.test.yaml'],
  ]) {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' })
    assert.equal(status, 0, stdout + stderr)
  }
})

test('every alert is tested with a healthy node and with one in trouble', () => {
  const { groups } = parse(readFileSync(join(folder, 'alerts.yaml'), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[]
  }
  const { tests } = parse(readFileSync(join(folder, 'alerts.test.yaml'), 'utf8')) as {
    readonly tests: readonly {
      readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: readonly unknown[] }[]
    }[]
  }
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert)).toSorted()
  const cases = tests.flatMap((one) => one.alert_rule_test)
  for (const fires of [false, true]) {
    const tested = cases.filter(({ exp_alerts: expected = [] }) => expected.length > 0 === fires)
    assert.deepEqual(tested.map(({ alertname }) => alertname).toSorted(), alerts, `fires: ${fires}`)
  }
})

function withoutPromtool(): string | false {
  return spawnSync('promtool', ['--version']).status === 0 ? false : 'needs promtool'
}
