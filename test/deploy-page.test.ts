// promtool takes the settings of Prometheus in docs/deploy.md, and its commands there succeed. test/deploy has the tests of the files.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeBlocks, repository } from './support/documented.ts'
import { runFolder } from './support/serve-run.ts'

const skip = spawnSync('promtool', ['--version']).status === 0 ? false : 'needs promtool'

test('the section "Prometheus and Grafana" of docs/deploy.md is right', { skip }, async (t) => {
  const [settings, commands, ...more] = codeBlocks('docs/deploy.md').filter(
    ({ section }) => section === 'Prometheus and Grafana',
  )
  assert.deepEqual(more, [])
  const folder = await runFolder(t)
  copyFileSync(join(repository, 'deploy/alerts.yaml'), join(folder, 'alerts.yaml'))
  writeFileSync(join(folder, 'prometheus.yml'), settings?.text ?? '')
  const lines = [`promtool check config ${folder}/prometheus.yml`, ...(commands?.text.trim().split('\n') ?? [])]
  for (const line of lines) {
    const [program = '', ...args] = line.split(' ')
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: repository, encoding: 'utf8' })
    assert.equal(status, 0, `${line}\n${stdout}${stderr}`)
  }
})
