// The labels of the container image, and the builds of deploy/docker-bake.hcl: read as text, without a builder.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { repository } from '../support/documented.ts'

const read = (name: string): string => readFileSync(join(repository, name), 'utf8')
const dockerfile = read('Dockerfile')
const bake = read('deploy/docker-bake.hcl')

/** The texts of an attribute that is a list. */
function list(name: string): string[] {
  const [, items = ''] = new RegExp(`^  ${name} += (\\[.*\\])$`, 'm').exec(bake) ?? []
  // The texts of HCL are JSON, except for the quotes inside of `${…}`.
  return JSON.parse(items.replaceAll(/\$\{[^}]*\}/g, (code) => code.replaceAll('"', '\\"'))) as string[]
}

suite('the container image', () => {
  test('has labels with the words of package.json, and the version and revision of the build', () => {
    const { description, license } = JSON.parse(read('package.json')) as { description: string; license: string }
    const [lastStage = ''] = dockerfile.split(/^(?=FROM )/m).slice(-1)
    const labels = lastStage.matchAll(/^LABEL org\.opencontainers\.image\.(\w+)="(.*)"$/gm)
    assert.deepEqual(Object.fromEntries(Array.from(labels, ([, name, value]) => [name, value])), {
      title: 'Posthorn',
      description,
      licenses: license,
      version: '${VERSION}',
      revision: '${REVISION}',
    })
    for (const name of ['VERSION', 'REVISION']) {
      assert.match(bake, new RegExp(`^variable "${name}" `, 'm'))
      assert.match(bake, new RegExp(`^    ${name} += ${name}$`, 'm'))
      // An argument is known from its line on.
      assert.match(lastStage, new RegExp(`^ARG ${name}=""$[^]*^LABEL .*\\$\\{${name}\\}`, 'm'))
    }
  })

  test('is built for both architectures, with its SBOM and its provenance', () => {
    assert.deepEqual(list('platforms'), ['linux/amd64', 'linux/arm64'])
    assert.deepEqual(list('attest'), ['type=sbom', 'type=provenance,mode=max'])
  })

  test('has the version and its beginning as tags, and not latest', () => {
    const version = '12.34.56'
    const tags = list('tags').map((tag) =>
      tag
        .replaceAll('${REGISTRY}', 'registry.example.com/posthorn')
        .replaceAll('${VERSION}', version)
        .replaceAll(/\$\{join\("\.", slice\(split\("\.", VERSION\), 0, (\d)\)\)\}/g, (_, end: string) =>
          version.split('.').slice(0, Number(end)).join('.'),
        ),
    )
    assert.deepEqual(tags, ['registry.example.com/posthorn:12.34.56', 'registry.example.com/posthorn:12.34'])
  })
})
