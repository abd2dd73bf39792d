// Questions of commands in a terminal: the end of the input is one line, and nothing is done.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, suite, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { startApiRig } from '../support/api-rig.ts'
import { runFolder } from '../support/serve-run.ts'
import { startTerminal, withoutTerminal } from '../support/terminal.ts'

const rig = await startApiRig()
after(() => rig.close())
const env = { POSTHORN_URL: rig.server.url, POSTHORN_KEY: rig.installation.operatorKey, XDG_CONFIG_HOME: '/nowhere' }

const ctrlD = '\u0004'
const ctrlC = '\u0003'
const last = (text: string): string => stripVTControlCharacters(text).trimEnd().split('\n').at(-1) ?? ''

suite('a question', { concurrency: 2, skip: withoutTerminal }, () => {
  const tenant = rig.tenant('standard')
  const cases = {
    'of dialect new': { line: () => 'dialect new acme', answers: [], question: 'The path that lists' },
    'in the middle of dialect new': {
      line: () => 'dialect new acme',
      answers: [['The path that lists', '/hooks\r']],
      question: "The product's name",
    },
    'of login': { line: () => `login --url ${rig.server.url}`, answers: [], question: 'The operator key' },
    'of tenant delete': { line: (id: string) => `tenant delete ${id}`, answers: [], question: 'Delete the tenant' },
    'of replay': {
      line: (id: string) => `replay ${id} --from 1h --status delivered`,
      answers: [],
      question: 'Send 1 ',
    },
  } as const
  for (const [name, { line, answers, question }] of Object.entries(cases)) {
    test(`${name} has no answer at the end of the input`, async (t) => {
      const { id } = await tenant
      if (name === 'of replay') {
        const { path } = await rig.endpoint(await tenant)
        await rig.event(await tenant)
        await rig.received(path, 1)
      }
      const folder = await runFolder(t)
      const terminal = startTerminal(t, `posthorn ${line(id)}`, { folder, env })
      let keys = ''
      for (const [before, answer] of answers) {
        await terminal.type(keys, before)
        keys = answer
      }
      await terminal.type(keys, question)
      await terminal.type(ctrlD, 'posthorn: ')
      assert.equal(await terminal.ended(), 1)
      assert.equal(last(terminal.shown()), 'posthorn: the input ended before the answer, and nothing was done')
      assert.doesNotMatch(terminal.shown(), /Warning|top-level/)
      assert.deepEqual(readdirSync(folder), ['bin'])
      await rig.want(200, { path: `/v1/tenants/${id}` })
    })
  }

  test('that is answered with no, or with Ctrl-C, ends with 1', async (t) => {
    const { id } = await tenant
    for (const keys of ['n\r', ctrlC]) {
      const folder = await runFolder(t)
      const terminal = startTerminal(t, `posthorn tenant delete ${id}`, { folder, env })
      await terminal.type('', 'Delete the tenant')
      await terminal.type(keys, '\n')
      assert.equal(await terminal.ended(), 1, keys)
    }
    await rig.want(200, { path: `/v1/tenants/${id}` })
  })
})
