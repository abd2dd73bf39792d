// The packages as they are published: their files and exports are right for Node and TypeScript, and the program runs
// where it is installed, below `node_modules`, on the Node of this repository and on the oldest one.

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { repository, withoutBash } from '../support/documented.ts'
import {
  checkTypes,
  checkTypesWithoutNode,
  installMsMax,
  newcomer,
  pack,
  packages,
  runPrograms,
  sizeOf,
  useInstalled,
} from '../support/packed.ts'
import { followQuickStart, openTerminals, startOfPackage } from '../support/quick-start.ts'
import { runFolder } from '../support/serve-run.ts'

const attw = join(repository, 'node_modules/@arethetypeswrong/cli/dist/index.js')
const bytesMax = 100 * 2 ** 20
const quickStartMsMax = 60_000

for (const source of packages) {
  test(`the package ${relative(repository, source) || 'posthorn'} is right for Node and TypeScript`, async (t) => {
    const folder = await runFolder(t)
    const packed = await pack(source, join(folder, 'built'), folder)
    const { messages } = await publint({ pkgDir: join(folder, 'built'), pack: false })
    assert.deepEqual(messages, [])
    const { status, stdout } = spawnSync(process.execPath, [attw, packed, '--profile', 'esm-only'], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stdout)
  })
}

test('an installed posthorn serves pages, API and deliveries', async (t) => {
  const folder = await runFolder(t)
  const packed = await pack(repository, join(folder, 'built'), folder)
  for (const version of ['26', '24.15']) {
    await t.test(`on Node ${version}`, async (inner) => {
      const own = join(folder, `node-${version}`)
      const env = await newcomer(join(own, 'machine'), version)
      const project = join(own, 'project')
      mkdirSync(project)
      const start = Date.now()
      const install = promisify(execFile)('npm', ['install', packed], { cwd: project, env, timeout: installMsMax })
      const { stdout, stderr } = await install
      inner.diagnostic(`installed in ${Date.now() - start} ms, ${sizeOf(project)} bytes`)
      assert.doesNotMatch(stdout + stderr, /warn|deprecated/i)
      assert.ok(sizeOf(project) <= bytesMax)
      await inner.test('and the quick start ends with a verified delivery', { skip: withoutBash }, async (quick) => {
        await followQuickStart(await openTerminals(quick, project, startOfPackage(), env))
        const ms = Date.now() - start
        quick.diagnostic(`after ${ms} ms, with the installation`)
        assert.ok(ms <= quickStartMsMax)
      })
      rmSync(join(project, 'data'), { recursive: true, force: true })
      await useInstalled(inner, project, env)
      await checkTypes(project)
      await runPrograms(project, env)
      await checkTypesWithoutNode(project)
    })
  }
})
