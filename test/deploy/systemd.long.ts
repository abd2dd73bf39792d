// The systemd unit: checked by systemd-analyze, and its filter of system calls by a run of the program.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { limits } from '../../src/domain/limits.ts'
import { repository } from '../support/documented.ts'
import { main, onlyChild, run, runFolder } from '../support/serve-run.ts'

const unit = readFileSync(join(repository, 'deploy/posthorn.service'), 'utf8')
/** The exposure that `systemd-analyze security` computes, in tenths; 100 is a unit without any hardening. */
const exposureMax = 15

function has(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0
}

/** The system calls that the unit allows. */
function allowedCalls(): Set<string> {
  const expand = (name: string): string[] => {
    if (!name.startsWith('@')) return [name]
    const { stdout } = spawnSync('systemd-analyze', ['syscall-filter', name], { encoding: 'utf8' })
    const lines = stdout.split('\n').slice(1)
    return lines
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .flatMap(expand)
  }
  const allowed = new Set(expand('@default'))
  for (const [, not, names = ''] of unit.matchAll(/^SystemCallFilter=(~?)(.+)$/gm)) {
    for (const name of names.split(' ').flatMap(expand)) {
      if (not === '') allowed.add(name)
      else allowed.delete(name)
    }
  }
  return allowed
}

suite('the systemd unit', () => {
  test('starts the service as npm start does, not again after a wrong setting, and waits longer than a stop takes', () => {
    const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      readonly scripts: { readonly start: string }
    }
    assert.equal(/^ExecStart=\/usr\/bin\/(.+)$/m.exec(unit)?.[1], scripts.start.replace(/^exec /, ''))
    assert.match(unit, /^RestartPreventExitStatus=2$/m)
    assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) * 1000 > limits.stopMs)
  })

  test('is right, and leaves the service few rights', needs('systemd-analyze'), async (t) => {
    const folder = await runFolder(t)
    const file = join(folder, 'posthorn.service')
    writeFileSync(file, unit.replaceAll('/usr/bin/node', process.execPath).replaceAll('/opt/posthorn', repository))
    const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    assert.deepEqual([verified.status, verified.stderr], [0, ''])
    const security = ['security', '--offline=true', `--threshold=${exposureMax}`, file]
    const { status, stdout } = spawnSync('systemd-analyze', security, { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
  })

  test('allows the system calls of a start and a stop', needs('systemd-analyze', 'strace'), async (t) => {
    const folder = await runFolder(t)
    const log = join(folder, 'calls')
    const settings = { POSTHORN_PORT: '0', POSTHORN_DATABASE: `sqlite:${folder}/data/posthorn.db` }
    const traced = ['strace', '-f', '-c', '-o', log, process.execPath, main, 'serve']
    const service = run(t, folder, settings, traced)
    await service.serving()
    process.kill(onlyChild(service.child.pid), 'SIGTERM')
    assert.equal(await service.exited(), 0, service.stderr())
    const lines = readFileSync(log, 'utf8').trim().split('\n').slice(2, -2)
    const calls = lines.map((line) => line.trim().split(/\s+/).at(-1) ?? '')
    assert.ok(calls.includes('epoll_pwait'))
    const allowed = allowedCalls()
    // SQLite gives its files to the owner of the folder, as root only.
    allowed.add('fchown')
    assert.deepEqual(
      calls.filter((call) => !allowed.has(call)),
      [],
    )
  })
})

function needs(...programs: readonly string[]): { skip: string | false } {
  const missing = programs.filter((program) => !has(program))
  return { skip: missing.length === 0 ? false : `needs ${missing.join(' and ')}` }
}
