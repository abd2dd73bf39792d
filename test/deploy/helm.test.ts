// The Helm chart: its values and templates fit together. Where helm is found, helm checks the chart, and the tests its objects
// by what Kubernetes and Posthorn need of them.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { parse, parseAllDocuments } from 'yaml'
import { settingTable } from '../../src/config/settings.ts'
import { limits } from '../../src/domain/limits.ts'
import { repository } from '../support/documented.ts'

const chart = join(repository, 'deploy/helm')
const known = Object.values(settingTable).map(({ variable }) => variable)

function fileOf(name: string): string {
  return readFileSync(join(chart, name), 'utf8')
}

function helm(command: string, ...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('helm', [command, ...args, '--kube-version', '1.34.0'], { encoding: 'utf8' })
}

// oxlint-disable-next-line typescript/no-explicit-any -- the shapes of Kubernetes
type Objects = Readonly<Record<string, any>>

/** The objects of a release named `posthorn`, by kind and name. */
function rendered(values: readonly string[] = []): Objects {
  const { status, stdout, stderr } = helm('template', 'posthorn', chart, ...values.flatMap((value) => ['--set', value]))
  assert.equal(status, 0, stderr)
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Objects)
  return Object.fromEntries(objects.map((one) => [`${one['kind']} ${one['metadata'].name}`, one]))
}

const needsHelm = { skip: spawnSync('helm', ['version']).status === 0 ? false : 'needs helm' }

suite('the Helm chart, without helm,', () => {
  const values = parse(fileOf('values.yaml')) as Objects
  const schema = JSON.parse(fileOf('values.schema.json')) as Objects & TSchema
  const templates = globSync('templates/*', { cwd: chart }).map(fileOf).join('\n')

  test('has the version of the program', () => {
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }
    assert.equal((parse(fileOf('Chart.yaml')) as Objects)['appVersion'], version)
  })

  test('has a schema that takes its values, and no unknown ones', () => {
    const checked = Compile(schema)
    assert.deepEqual(checked.Errors(values)[1], [])
    for (const value of [{ replica: 3 }, { settings: { PORT: '1' } }, { ingress: { hosts: 'a' } }]) {
      assert.equal(checked.Check(value), false, JSON.stringify(value))
    }
    assert.deepEqual(Object.keys(schema['properties']).toSorted(), [...Object.keys(values), 'global'].toSorted())
  })

  test('has templates that use all of its values, and no others', () => {
    const used = Array.from(templates.matchAll(/\.Values\.([\w.]+)/g), ([, path = '']) => path.split('.'))
    for (const path of used) {
      assert.notEqual(valueAt(values, path), undefined, `values.yaml: ${path.join('.')}`)
      const inSchema = path.flatMap((name) => ['properties', name])
      assert.notEqual(valueAt(schema, inSchema), undefined, `values.schema.json: ${path.join('.')}`)
    }
    assert.deepEqual(new Set(used.map(([name]) => name)), new Set(Object.keys(values)))
  })

  test('has templates with settings that exist', () => {
    const named = templates.match(/\bPOSTHORN_\w+/g) ?? []
    assert.ok(named.length >= 5)
    assert.deepEqual(
      named.filter((name) => !known.includes(name)),
      [],
    )
  })
})

function valueAt(value: Objects, path: readonly string[]): unknown {
  return path.reduce<Objects | undefined>((inner, name) => inner?.[name] as Objects | undefined, value)
}

suite('the Helm chart', () => {
  test('passes helm lint', needsHelm, () => {
    const { status, stdout } = helm('lint', '--strict', chart)
    assert.equal(status, 0, stdout)
  })

  test(
    'runs nodes that cannot change their machine, with keys from a secret and settings that exist',
    needsHelm,
    () => {
      const { spec } = rendered(['settings.POSTHORN_TRUSTED_PROXIES=10.0.0.0/8'])['Deployment posthorn']
      const pod = spec.template.spec
      const [container] = pod.containers
      // Otherwise the service `posthorn` would set POSTHORN_PORT to tcp://…
      assert.equal(pod.enableServiceLinks, false)
      assert.equal(pod.securityContext.runAsNonRoot, true)
      assert.deepEqual(container.securityContext, {
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      })
      for (const { name, value, valueFrom } of container.env) {
        assert.ok(known.includes(name), name)
        if (/KEY|DATABASE/.test(name)) assert.equal(valueFrom.secretKeyRef.name, 'posthorn')
        else assert.equal(typeof value, 'string')
      }
      const [, preStopSeconds] = container.lifecycle.preStop.exec.command
      assert.ok(pod.terminationGracePeriodSeconds * 1000 > Number(preStopSeconds) * 1000 + limits.stopMs)
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        assert.deepEqual(container[probe].httpGet, { path: '/healthz', port: 'http' })
      }
    },
  )

  test('has the objects that its values ask for, whose selectors find the pods', needsHelm, () => {
    const always = ['PodDisruptionBudget posthorn', 'Service posthorn', 'Service posthorn-admin', 'Deployment posthorn']
    assert.deepEqual(Object.keys(rendered()), always)
    const objects = rendered(['ingress.enabled=true', 'serviceMonitor=true', 'replicas=1'])
    const [, ...others] = always
    assert.deepEqual(Object.keys(objects), [...others, 'Ingress posthorn', 'ServiceMonitor posthorn'])
    const { labels } = objects['Deployment posthorn'].spec.template.metadata
    const admin = objects['Service posthorn-admin']
    for (const selector of [admin.spec.selector, objects['Service posthorn'].spec.selector]) {
      for (const [name, value] of Object.entries(selector)) assert.equal(labels[name], value)
    }
    const monitor = objects['ServiceMonitor posthorn'].spec.selector.matchLabels
    for (const [name, value] of Object.entries(monitor)) assert.equal(admin.metadata.labels[name], value)
  })

  test('refuses a value that it does not know', needsHelm, () => {
    for (const value of ['replica=3', 'settings.PORT=1', 'ingress.hosts=a']) {
      const { status, stderr } = helm('template', 'posthorn', chart, '--set', value)
      assert.deepEqual([status, /schema/.test(stderr)], [1, true], value)
    }
  })
})
